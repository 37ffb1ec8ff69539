"""A run is granted to one worker at a time, and what a worker says counts only while its lease holds."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pool_world import Pool

from runner.errors import (
    BadUsage,
    ClaimRefused,
    DriftlineError,
    LeaseOver,
    LogAhead,
    NotLoggedIn,
    OtherPool,
    OtherProtocol,
    PoolRefused,
    RevisionNotFound,
    StackLocked,
    WorkerBusy,
)
from runner.model.access.token import Token, digest_of
from runner.model.approval.binding import EngineFacts
from runner.model.changes.changes import Diagnostic
from runner.model.execution.job import ApplyOutcome, ApplyResult, PlanFailure
from runner.model.run.life import State
from runner.model.work.lost import Lost
from runner.model.work.protocol import AtGate, Ended, Granted, Hello, Wanted
from runner.pool.client import WorkClient
from runner.service.approval.gate import may_start
from runner.service.work.silent import expire_leases, give_up

FAILURE = PlanFailure((Diagnostic("error", "no"),), "no")
LONG = {"seconds": 46.0}  # three heartbeats


@pytest.fixture
def client(pool: Pool) -> Iterator[WorkClient]:
    with WorkClient.of(pool.worker().settings) as made:
        yield made


def claimed(
    pool: Pool, client: WorkClient, process: str = "p", worker: str = "w-1", attempt: int = 1
) -> Granted:
    return client.claim(1, Wanted(attempt, worker, "eu", process))


def approved(pool: Pool) -> None:
    """Its plan was made by a worker and approved; its apply is announced."""
    pool.stack()
    (planned,) = pool.work()
    pool.world.approve(planned)
    pool.offer()


def queued(pool: Pool) -> None:
    pool.stack()
    pool.offer()


def test_only_one_of_two_workers_gets_a_run(pool: Pool, client: WorkClient) -> None:
    queued(pool)
    claimed(pool, client, "one")
    with pytest.raises(ClaimRefused):
        claimed(pool, client, "another", "w-2")


def test_a_process_whose_answer_was_lost_gets_the_same_lease_again(pool: Pool, client: WorkClient) -> None:
    queued(pool)
    assert claimed(pool, client).fence == claimed(pool, client).fence


def test_an_old_announcement_is_refused(pool: Pool, client: WorkClient) -> None:
    queued(pool)
    with pytest.raises(ClaimRefused, match="attempt 7"):
        claimed(pool, client, attempt=7)


def test_a_silent_plan_is_queued_again_and_its_result_comes_too_late(pool: Pool, client: WorkClient) -> None:
    queued(pool)
    first = claimed(pool, client)
    pool.pass_time(**LONG)
    expire_leases(pool.world.app.control)
    assert pool.run().state is State.QUEUED
    assert pool.offer() == [(1, 2)]
    with pytest.raises(LeaseOver):
        client.result(1, Ended(first.fence, FAILURE))
    assert pool.run().state is State.QUEUED


def test_a_plan_that_was_lost_three_times_has_failed(pool: Pool, client: WorkClient) -> None:
    queued(pool)
    for attempt in (1, 2, 3):
        claimed(pool, client, f"p-{attempt}", attempt=attempt)
        pool.pass_time(**LONG)
        expire_leases(pool.world.app.control)
        pool.offer()
    assert pool.run().state is State.PLAN_FAILED
    assert "3 workers fell silent" in pool.run().reason


def test_a_worker_that_is_heard_keeps_its_run(pool: Pool, client: WorkClient) -> None:
    queued(pool)
    granted = claimed(pool, client)
    for _ in range(5):
        pool.pass_time(seconds=30)
        client.beat(1, granted.fence)
        assert expire_leases(pool.world.app.control) == []


def test_a_silent_worker_that_did_not_reach_the_gate_loses_the_apply_and_can_not_begin_it(
    pool: Pool, client: WorkClient
) -> None:
    approved(pool)
    old = claimed(pool, client, attempt=2)
    pool.pass_time(**LONG)
    (missed,) = expire_leases(pool.world.app.control)
    assert missed.fate is Lost.PUT_BACK
    pool.offer()
    new = claimed(pool, client, "other", "w-2", attempt=3)
    assert new.fence > old.fence
    asked = AtGate(old.fence, old.job.plan_digest or "", old.job.fingerprint, EngineFacts())
    with pytest.raises(LeaseOver):
        client.gate(1, asked)
    assert pool.run().state is State.APPROVED


def test_a_worker_that_loses_its_lease_while_the_gate_is_checked_does_not_pass(
    pool: Pool, client: WorkClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(pool)
    granted = claimed(pool, client, attempt=2)
    control = pool.world.app.control

    def slow(*_: object) -> None:
        """Between the first look at the lease and the start, the worker is silent for too long."""
        pool.pass_time(**LONG)
        expire_leases(control)

    monkeypatch.setattr("runner.service.approval.gate.refuse_moved", lambda *_: None)
    monkeypatch.setattr("runner.service.approval.gate.checkpoint", slow)
    with pytest.raises(LeaseOver):
        client.gate(
            1, AtGate(granted.fence, granted.job.plan_digest or "", granted.job.fingerprint, EngineFacts())
        )
    assert pool.run().state is State.APPROVED


def at_gate(pool: Pool, client: WorkClient, monkeypatch: pytest.MonkeyPatch) -> Granted:
    """An apply whose start is recorded."""
    approved(pool)
    granted = claimed(pool, client, attempt=2)
    monkeypatch.setattr("runner.service.approval.gate.refuse_moved", lambda *_: None)
    asked = AtGate(granted.fence, granted.job.plan_digest or "", granted.job.fingerprint, EngineFacts())
    client.gate(1, asked)
    client.gate(1, asked)  # its answer may have been lost
    assert pool.run().state is State.APPLYING
    return granted


def test_a_silent_apply_stays_with_its_worker_which_may_report_later(
    pool: Pool, client: WorkClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = at_gate(pool, client, monkeypatch)
    pool.pass_time(hours=5)
    (missed,) = expire_leases(pool.world.app.control)
    assert missed.fate is Lost.WAIT
    assert pool.offer() == []
    client.result(1, Ended(granted.fence, ApplyResult(ApplyOutcome.APPLIED)))
    assert pool.run().state is State.APPLIED


def test_a_result_that_comes_twice_is_recorded_once(
    pool: Pool, client: WorkClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = at_gate(pool, client, monkeypatch)
    for _ in range(2):
        client.result(1, Ended(granted.fence, ApplyResult(ApplyOutcome.APPLIED)))
    assert pool.run().state is State.APPLIED


def test_who_gives_a_worker_up_finds_its_apply_interrupted_and_the_stack_locked(
    pool: Pool, client: WorkClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = at_gate(pool, client, monkeypatch)
    control = pool.world.app.control
    with pytest.raises(WorkerBusy):
        give_up(control, "w-1", by="ana", force=False)
    pool.pass_time(**LONG)
    (run,) = give_up(control, "w-1", by="ana", force=False)
    assert run.state is State.INTERRUPTED
    with pytest.raises(StackLocked), control.store.reading() as reader:
        may_start(control, reader, run)
    with pytest.raises(LeaseOver, match="gave up its worker"):
        client.result(1, Ended(granted.fence, ApplyResult(ApplyOutcome.APPLIED)))


def test_a_person_who_cancels_a_plan_is_heard_with_the_next_heartbeat(pool: Pool, client: WorkClient) -> None:
    queued(pool)
    granted = claimed(pool, client)
    assert not client.beat(1, granted.fence).cancel
    with pool.world.app.store.writing() as writer:
        writer.request_cancel(writer.run(1), by="ana")
    assert client.beat(1, granted.fence).cancel


def test_a_piece_of_a_log_that_comes_twice_is_appended_once(pool: Pool, client: WorkClient) -> None:
    queued(pool)
    granted = claimed(pool, client)
    assert client.append_log(1, granted.fence, 0, b"one\n") == 4
    assert client.append_log(1, granted.fence, 0, b"one\n") == 4
    assert client.append_log(1, granted.fence, 2, b"e\ntwo\n") == 8
    assert pool.world.app.workspaces.log(1).read_bytes() == b"one\ntwo\n"
    with pytest.raises(LogAhead):
        client.append_log(1, granted.fence, 9, b"three\n")


@pytest.mark.parametrize(
    "call",
    [
        lambda client, fence: client.beat(1, fence),
        lambda client, fence: client.append_log(1, fence, 0, b"x"),
        lambda client, fence: client.put_artifact(1, fence, "plan.json", b"x"),
        lambda client, fence: client.artifact(1, fence, "plan.json", of=1),
        lambda client, fence: client.artifact_names(1, fence),
        lambda client, fence: client.remove_artifact(1, fence, "plan.json"),
        lambda client, fence: client.result(1, Ended(fence, FAILURE)),
        lambda client, fence: client.gate(1, AtGate(fence, "", None, EngineFacts())),
    ],
    ids=["heartbeat", "log", "put", "get", "names", "remove", "result", "gate"],
)
def test_no_call_counts_without_the_lease(pool: Pool, client: WorkClient, call: object) -> None:
    queued(pool)
    granted = claimed(pool, client)
    with pytest.raises(LeaseOver):
        call(client, granted.fence + 1)  # type: ignore[operator]


def test_a_worker_reads_no_artifact_of_a_run_that_its_job_does_not_need(
    pool: Pool, client: WorkClient
) -> None:
    queued(pool)
    granted = claimed(pool, client)
    pool.world.app.artifacts.put(9, "plan.secrets", b"secret")
    with pytest.raises(LeaseOver, match="another run"):
        client.artifact(1, granted.fence, "plan.secrets", of=9)


def test_a_worker_gets_no_other_revision_than_those_of_its_job(pool: Pool, client: WorkClient) -> None:
    queued(pool)
    granted = claimed(pool, client)
    with pytest.raises(RevisionNotFound):
        client.tree(1, granted.fence, "0" * 40, pool.root / "pack")


@pytest.mark.parametrize(
    ("secret", "error"), [("drift_" + "x" * 43, NotLoggedIn), ("drift_" + "y" * 43, PoolRefused)]
)
def test_only_a_token_of_the_pool_opens_the_work_api(
    pool: Pool, secret: str, error: type[DriftlineError]
) -> None:
    queued(pool)
    with pool.world.app.store.writing() as writer:
        writer.add_token(Token("person", digest_of("drift_" + "y" * 43), pool.world.clock.now(), "ana"))
    settings = replace(pool.worker().settings, token=secret)
    with WorkClient.of(settings) as client, pytest.raises(error):
        claimed(pool, client)


def test_a_worker_of_another_protocol_is_told_which_release_to_install(
    pool: Pool, client: WorkClient
) -> None:
    with pytest.raises(OtherProtocol, match="version 99"):
        client.hello(Hello("w-1", "eu", "9.9", 2, version=99))


def test_a_worker_with_the_token_of_another_pool_is_told_and_not_noted(
    pool: Pool, client: WorkClient
) -> None:
    with pytest.raises(OtherPool, match="belongs to pool eu, but worker"):
        client.hello(Hello("w-1", "us", "9.9", 2))
    with pool.world.app.store.reading() as reader:
        assert reader.workers() == []


def test_a_request_that_is_no_such_value_is_refused_with_its_reason(pool: Pool, client: WorkClient) -> None:
    queued(pool)
    with pytest.raises(BadUsage, match="is not a Wanted"):
        client._told("POST", "/runs/1/claim", {"attempt": 1})
