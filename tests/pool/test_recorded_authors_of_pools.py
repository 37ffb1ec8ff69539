"""Who wrote a plan that a worker made is recorded on the server, so that its approval needs no Git."""

import subprocess
import sys

import pytest
from applied_once import until
from pool_world import Pool
from test_passes_of_cron import one_pass

from runner.errors import GitFailed
from runner.model.approval.approval import Person
from runner.model.run.life import Run, State
from runner.service.approval.approve import approve
from runner.service.approval.authorship import Authors


def planned(pool: Pool) -> Run:
    pool.stack()
    (run,) = pool.work()
    assert run.state is State.AWAITING_APPROVAL, run.reason
    return run


def is_recorded(pool: Pool, run: Run) -> bool:
    with pool.world.app.store.reading() as reader:
        return reader.commits_behind(run.id) is not None


def test_its_approval_needs_no_git(pool: Pool) -> None:
    run = planned(pool)
    assert not is_recorded(pool, run)
    pool.world.app.worker.record_missing()

    def ask_git() -> Authors:
        raise AssertionError("Git was asked")

    digest = run.plan_digest or ""
    done, _ = approve(pool.world.app.control, ask_git, run.id, Person("ana", "user"), digest=digest)
    assert done.state is State.APPROVED


def test_a_pass_of_cron_records_them(pool: Pool) -> None:
    run = planned(pool)
    one_pass(pool)
    assert is_recorded(pool, run)


def test_a_daemon_that_starts_records_them(pool: Pool) -> None:
    run = planned(pool)
    argv = [sys.executable, "-m", "runner.cli", "-c", str(pool.world.config), "daemon"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
        try:
            until(lambda: is_recorded(pool, run), "they are not recorded")
        finally:
            daemon.terminate()


def test_where_git_fails_it_is_asked_once_and_then_at_the_approval(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, asked = planned(pool), list[int]()

    def fails(_: object, __: object, run: Run, ___: object) -> None:
        asked.append(run.id)
        raise GitFailed(command="log", source="infra", problem="the disk failed")

    worker = pool.world.app.worker
    with monkeypatch.context() as failing:
        failing.setattr(Authors, "commits_behind", fails)
        worker.record_missing()
        worker.record_missing()
    assert (asked, is_recorded(pool, run)) == ([run.id], False)
    pool.world.approve(run)
    assert pool.run().state is State.APPROVED
