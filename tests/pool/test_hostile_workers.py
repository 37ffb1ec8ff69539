"""Whoever has a pool's token says what they like. It ends the run as what it was, or it is refused."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from pool_world import SECRET, Pool

from runner.errors import (
    BadUsage,
    Conflict,
    DriftlineError,
    NotAResult,
    OtherPool,
    WorkerNameTaken,
)
from runner.model.approval.binding import EngineFacts
from runner.model.changes.changes import Diagnostic
from runner.model.execution.job import ApplyOutcome, ApplyResult, LockResult, PlanFailure, Result
from runner.model.run.life import State
from runner.model.settings.pools import PoolSettings
from runner.model.values.codec import to_plain
from runner.model.work.protocol import AtGate, Ended, Granted, Hello, Wanted
from runner.model.work.worker import KnownWorker
from runner.pool.client import WorkClient
from runner.pool.patience import Deadline
from runner.service.work.greet import greet

FAILURE = PlanFailure((Diagnostic("error", "no"),), "no")


@pytest.fixture
def client(pool: Pool) -> Iterator[WorkClient]:
    with WorkClient.of(pool.worker().settings) as made:
        yield made.until(Deadline(1))  # what fails on the server is not repeated for ever


def planning(pool: Pool, client: WorkClient) -> Granted:
    pool.stack()
    pool.offer()
    return client.claim(1, Wanted(1, "w-1", "eu", "p"))


def applying(pool: Pool, client: WorkClient, monkeypatch: pytest.MonkeyPatch) -> Granted:
    pool.stack()
    (planned,) = pool.work()
    pool.world.approve(planned)
    pool.offer()
    granted = client.claim(1, Wanted(2, "w-1", "eu", "p"))
    monkeypatch.setattr("runner.service.approval.gate.refuse_moved", lambda *_: None)
    job = granted.job
    client.gate(1, AtGate(granted.fence, job.plan_digest or "", job.fingerprint, EngineFacts()))
    return granted


@pytest.mark.parametrize(
    "result",
    [LockResult(), *(ApplyResult(outcome) for outcome in ApplyOutcome)],
    ids=lambda one: getattr(one, "outcome", one.TAG),
)
def test_a_plan_ends_as_a_plan_and_as_nothing_else(pool: Pool, client: WorkClient, result: Result) -> None:
    granted = planning(pool, client)
    with pytest.raises(NotAResult):
        client.result(1, Ended(granted.fence, result))
    assert pool.run().state is State.PLANNING
    client.result(1, Ended(granted.fence, FAILURE))
    assert pool.run().state is State.PLAN_FAILED


@pytest.mark.parametrize(
    "result", [LockResult(), FAILURE, ApplyResult(ApplyOutcome.UNSEEN)], ids=["lock", "plan", "unseen"]
)
def test_an_apply_ends_as_an_apply_and_its_lease_is_never_over_without_an_end(
    pool: Pool, client: WorkClient, monkeypatch: pytest.MonkeyPatch, result: Result
) -> None:
    granted = applying(pool, client, monkeypatch)
    with pytest.raises(NotAResult):
        client.result(1, Ended(granted.fence, result))
    client.beat(1, granted.fence)
    assert pool.run().state is State.APPLYING


def test_an_apply_that_never_passed_the_gate_was_not_applied_whatever_its_worker_says(
    pool: Pool, client: WorkClient
) -> None:
    pool.stack()
    (planned,) = pool.work()
    pool.world.approve(planned)
    pool.offer()
    granted = client.claim(1, Wanted(2, "w-1", "eu", "p"))
    client.result(1, Ended(granted.fence, ApplyResult(ApplyOutcome.APPLIED)))
    assert pool.run().state is State.SUPERSEDED
    assert pool.world.look().applied_inputs is None


def test_a_plan_cannot_pass_the_gate(pool: Pool, client: WorkClient) -> None:
    granted = planning(pool, client)
    with pytest.raises(DriftlineError):
        client.gate(1, AtGate(granted.fence, "0" * 64, None, EngineFacts()))
    assert pool.run().state is State.PLANNING


@pytest.mark.parametrize(
    ("place", "value"),
    [("fence", 2**63), ("fence", "1"), ("fence", None), ("result", []), ("result", {"type": "job"})],
)
def test_a_result_with_a_part_of_another_kind_is_refused_before_it_is_recorded(
    pool: Pool, client: WorkClient, place: str, value: Any
) -> None:
    planning(pool, client)
    told = to_plain(Ended(1, FAILURE)) | {place: value}
    with pytest.raises(BadUsage, match="is not a Ended"):
        client._once("POST", "/runs/1/result", {"json": told})
    assert pool.run().state is State.PLANNING


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[]", b"7", b"\xff", b'{"fence": 1, "result": null}'])
def test_what_is_no_value_of_ours_is_an_error_of_the_worker_and_none_of_the_server(
    pool: Pool, client: WorkClient, body: bytes
) -> None:
    planning(pool, client)
    with pytest.raises(BadUsage):
        client._once("POST", "/runs/1/result", {"content": body})


@pytest.mark.parametrize("fence", ["9" * 5000, "²", "-1", "1e3", str(2**63)])
def test_a_fence_that_is_no_number_of_ours_is_over(pool: Pool, client: WorkClient, fence: str) -> None:
    planning(pool, client)
    with pytest.raises(Conflict):
        client._once("GET", "/runs/1/artifacts", {"headers": {"Driftline-Fence": fence.encode()}})


@pytest.mark.parametrize("run", [2**63, 2**70, -1])
def test_a_run_with_a_number_that_no_run_can_have_is_refused(
    pool: Pool, client: WorkClient, run: int
) -> None:
    with pytest.raises(DriftlineError) as refused:
        client._once("POST", f"/runs/{run}/heartbeat", {"json": {"fence": 1}})
    assert "went wrong" not in refused.value.message


@pytest.mark.parametrize("name", ["../../keys/artifacts", "..", "%2e%2e%2fkeys", "a/b", "A", "", "x" * 65])
def test_an_artifact_has_a_plain_name(pool: Pool, client: WorkClient, name: str) -> None:
    granted = planning(pool, client)
    before = sorted((pool.world.settings.data_dir).rglob("*"))
    answer = client.http.put(
        f"/api/v1/work/runs/1/artifacts/{name}",
        content=b"x",
        headers={"Driftline-Fence": str(granted.fence)},
    )
    assert answer.status_code in {404, 405}
    assert sorted((pool.world.settings.data_dir).rglob("*")) == before


@pytest.mark.parametrize("name", ["w\x1b[2J", "w\nERROR root", "", "W", "x" * 65, "<b>", "wörk"])
def test_a_worker_has_a_plain_name(pool: Pool, client: WorkClient, name: str) -> None:
    pool.stack()
    pool.offer()
    with pytest.raises(BadUsage, match="name"):
        client._once("POST", "/hello", {"json": to_plain(Hello(name, "eu", "1", 1))})
    with pytest.raises(BadUsage, match="name"):
        client._once("POST", "/runs/1/claim", {"json": to_plain(Wanted(1, name, "eu", "p"))})
    assert pool.run().state is State.QUEUED


def test_a_release_is_a_plain_word_too(pool: Pool, client: WorkClient) -> None:
    with pytest.raises(BadUsage, match="release"):
        client._once("POST", "/hello", {"json": to_plain(Hello("w-1", "eu", "\x1b[31m", 1))})


def test_a_worker_whose_token_is_of_another_pool_than_it_is_configured_for_is_told(
    pool: Pool, client: WorkClient
) -> None:
    with pytest.raises(OtherPool, match="us"):
        client.hello(Hello("w-1", "us", "1", 1))


def test_no_worker_takes_the_name_of_one_in_another_pool(pool: Pool, client: WorkClient) -> None:
    client.hello(Hello("w-1", "eu", "1", 1))
    control, us = pool.world.app.control, PoolSettings("us", ("other",))
    with pytest.raises(WorkerNameTaken, match="pool eu"):
        greet(control, us, Hello("w-1", "us", "1", 1))
    pool.pass_time(seconds=46)
    greet(control, us, Hello("w-1", "us", "1", 1))


def test_a_pool_has_no_end_of_workers(pool: Pool, client: WorkClient) -> None:
    with pool.world.app.store.writing() as writer:
        for number in range(1000):
            writer.note_worker(_known(f"w-{number}", pool))
    with pytest.raises(Conflict, match="1000 workers"):
        client.hello(Hello("one-more", "eu", "1", 1))
    client.hello(Hello("w-7", "eu", "1", 1))


def _known(name: str, pool: Pool) -> KnownWorker:
    now = pool.world.clock.now()
    return KnownWorker(name, "eu", "1", 1, now, now)


def test_the_token_of_a_worker_opens_nothing_but_the_work_api(pool: Pool) -> None:
    headers = {"Authorization": f"Bearer {SECRET}"}
    with httpx2.Client(base_url=pool.url, headers=headers, trust_env=False) as http:
        assert http.get("/api/v1/stacks").status_code == 403
