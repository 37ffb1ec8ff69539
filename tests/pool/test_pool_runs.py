"""Runs of a pool are executed by its workers, and recorded by the server, as runs on its own host are."""

from pool_world import Pool
from world import ANA

from runner.model.run.life import Event, Kind, State
from runner.service.operator.request import request_check

AUTOMATIC = "apply: {mode: automatic}\n"


def test_a_worker_plans_and_applies_a_stack_of_its_pool(pool: Pool) -> None:
    pool.stack(rules=AUTOMATIC)
    (run,) = pool.work()
    assert run.state is State.APPLIED, run.reason
    assert (pool.states / "web.tfstate").exists()


def test_a_plan_of_a_worker_waits_for_the_approval_and_is_applied_by_another_worker(pool: Pool) -> None:
    pool.stack()
    (planned,) = pool.work(pool.worker("w-1"))
    assert planned.state is State.AWAITING_APPROVAL, planned.reason
    pool.world.approve(planned)
    (run,) = pool.work(pool.worker("w-1"))
    assert run.state is State.APPLIED, run.reason


def test_the_server_has_the_log_and_the_artifacts_of_what_a_worker_did(pool: Pool) -> None:
    pool.stack(rules=AUTOMATIC)
    (run,) = pool.work()
    app = pool.world.app
    assert "Apply complete" in app.workspaces.log(run.id).read_text()
    assert "plan.tfplan" in app.artifacts.names(run.id)


def test_a_drift_check_of_a_pool_is_recorded_by_the_server(pool: Pool) -> None:
    pool.stack(rules=AUTOMATIC)
    pool.work()
    request_check(pool.world.app.control, ["web"], ANA)
    _, check = pool.work()
    assert (check.kind, check.state) == (Kind.DRIFT, State.NO_CHANGES), check.reason
    assert pool.world.look().checked_at is not None


def test_a_stack_without_a_backend_gets_its_state_from_the_server(pool: Pool) -> None:
    body = 'resource "terraform_data" "one" {{\n  input = "{value}"\n}}\n'
    for value in ("one", "two"):
        pool.world.stack("web", value, "pool: eu\n" + AUTOMATIC, body=body)
        pool.world.poll()
        *_, run = pool.work(pool.worker(f"w-{value}"))
        assert run.state is State.APPLIED, run.reason
    assert run.summary.update == 1
    assert not list((pool.root / "at-w-two").glob("workspaces/*/state/*"))


def test_the_password_of_a_served_state_is_not_in_the_database(pool: Pool) -> None:
    pool.world.stack("web", rules="pool: eu\n", body='resource "terraform_data" "one" {{}}\n')
    pool.world.poll()
    pool.work()
    files = pool.world.settings.data_dir.glob("driftline.db*")
    content = b"".join(file.read_bytes() for file in files)
    assert b"driftstate_" not in content
    assert b'"served"' in content


def test_the_daemon_executes_no_run_of_a_pool(pool: Pool) -> None:
    pool.stack()
    assert pool.world.work() == []
    assert pool.run().state is State.QUEUED


def test_the_runs_of_other_stacks_execute_on_the_host_of_the_daemon(pool: Pool) -> None:
    pool.world.stack("here", body='resource "terraform_data" "one" {{}}\n')
    pool.world.poll()
    assert pool.offer() == []
    (run,) = pool.world.work()
    assert run.state is State.AWAITING_APPROVAL


def test_a_worker_has_no_database_and_no_login_at_the_remote(pool: Pool) -> None:
    pool.stack()
    pool.world.repository.rename(pool.root / "gone")
    (run,) = pool.work()
    assert run.state is State.AWAITING_APPROVAL, run.reason
    assert not list((pool.root / "at-w-1").glob("driftline.db*"))


def test_a_stack_that_may_not_choose_the_pool_executes_nowhere(pool: Pool) -> None:
    pool.stack("other", rules="")
    text = pool.world.config.read_text()
    pool.world.config.write_text(text.replace('pools: ["*"]', 'pools: ["us-*"]'))
    pool.world.configure(pool.world.app.reloaded().settings)
    assert pool.offer() == []
    assert pool.world.work() == []


def test_a_drained_pool_is_offered_nothing_until_it_is_resumed(pool: Pool) -> None:
    pool.stack()
    with pool.world.app.store.writing() as writer:
        writer.drain_pool("eu", by="ana", reason="new kernel")
    assert pool.offer() == []
    with pool.world.app.store.writing() as writer:
        assert writer.resume_pool("eu", by="ana")
    assert pool.offer() == [(1, 1)]


def test_a_broker_that_is_away_delays_the_announcement_and_loses_nothing(pool: Pool) -> None:
    pool.stack()
    pool.broker.away = True
    assert pool.offer() == []
    pool.broker.away = False
    assert pool.offer() == [(1, 1)]


def test_an_announcement_that_nobody_took_is_repeated_after_a_minute(pool: Pool) -> None:
    pool.stack()
    assert pool.offer() == [(1, 1)]
    assert pool.offer() == []
    pool.pass_time(seconds=61)
    assert pool.offer() == [(1, 1)]


def test_no_more_runs_are_announced_than_the_pool_may_execute(pool: Pool) -> None:
    for number in range(5):
        pool.stack(f"web-{number}")
    assert len(pool.offer()) == 3


def test_packs_of_open_runs_stay_and_others_are_removed(pool: Pool) -> None:
    pool.stack()
    pool.offer()
    packs = pool.world.settings.data_dir / "packs"
    assert pool.pools.prune() == 0
    assert len(list(packs.glob("*/*.pack"))) == 1
    with pool.world.app.store.writing() as writer:
        writer.transition(writer.run(1), Event.CANCEL, by="ana")
    assert pool.pools.prune() == 1
    assert list(packs.glob("*/*.pack")) == []
