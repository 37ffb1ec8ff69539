"""A revision that Git has no more, or not all of: its run ends with that reason or executes from what is there, and never waits for ever."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from git import Git
from needed import needs_terraform
from pool_world import Pool

from runner.errors import GitFailed
from runner.model.run.life import State
from runner.model.settings.source import SourceSettings
from runner.service.queue.enqueue import enqueue_due

pytestmark = needs_terraform


def mirror(pool: Pool) -> Path:
    (found,) = (pool.world.settings.data_dir / "mirrors").glob("*.git")
    return found


def collected(pool: Pool) -> None:
    """After a force-push nothing refers to it any more, and git has removed it."""
    git = Git(mirror(pool))
    for name in git.for_each_ref("--format=%(refname)").split():
        git.update_ref("-d", name)
    git.reflog("expire", "--expire=now", "--all")
    git.gc("--prune=now", "--quiet")


def lacking(pool: Pool) -> None:
    """A disk has lost its objects."""
    for folder in (mirror(pool) / "objects").iterdir():
        shutil.rmtree(folder)


def test_a_plan_of_a_revision_that_is_gone_fails_with_that_reason_and_the_next_one_is_planned(
    pool: Pool,
) -> None:
    pool.stack()
    collected(pool)
    ((run, attempt),) = pool.offer()
    pool.worker().take(run, attempt)
    assert pool.run().state is State.PLAN_FAILED
    assert "has no revision" in pool.run().reason
    pool.stack(value="two")
    *_, later = pool.work()
    assert later.state is State.AWAITING_APPROVAL, later.reason


def test_a_revision_that_goes_after_it_was_announced_is_planned_from_its_pack(pool: Pool) -> None:
    pool.stack()
    ((run, attempt),) = pool.offer()
    collected(pool)
    pool.worker().take(run, attempt)
    assert pool.run().state is State.AWAITING_APPROVAL, pool.run().reason


def test_an_approved_run_whose_revision_is_gone_is_applied_by_the_worker_that_has_it_and_by_no_other(
    pool: Pool,
) -> None:
    pool.stack()
    (planned,) = pool.work(pool.worker("w-1"))
    pool.world.approve(planned)
    collected(pool)
    for pack in (pool.world.settings.data_dir / "packs").glob("*/*.pack"):
        pack.unlink()
    ((run, attempt),) = pool.offer()
    pool.worker("w-2").take(run, attempt)
    assert pool.run().state is State.APPROVED
    assert "has no revision" in pool.run().reason
    pool.pass_time(minutes=20)
    (ended,) = pool.work(pool.worker("w-1"))
    assert ended.state is State.APPLIED, ended.reason


@pytest.mark.parametrize("harm", [lacking, lambda pool: shutil.rmtree(mirror(pool))], ids=["file", "all"])
def test_a_mirror_that_lost_something_is_made_again_before_the_announcement(
    pool: Pool, harm: Callable[[Pool], None]
) -> None:
    pool.stack()
    harm(pool)
    (run,) = pool.work()
    assert run.state is State.AWAITING_APPROVAL, run.reason


def test_a_mirror_that_cannot_be_made_now_delays_the_announcement(pool: Pool) -> None:
    pool.stack()
    shutil.rmtree(mirror(pool))
    away = pool.world.repository.rename(pool.root / "away")
    assert pool.offer() == []
    away.rename(pool.world.repository)
    assert pool.offer() == [(1, 1)]


class NoPackOf:
    """Satisfies `ports.Packs`, for all revisions but one."""

    def __init__(self, revision: str) -> None:
        self.revision = revision

    def make(self, source: SourceSettings, revisions: Iterable[str]) -> None:
        if self.revision in revisions:
            raise GitFailed(command="pack-objects", source=source.name, problem="no space left")

    def keep_only(self, needed: frozenset[tuple[str, str]]) -> int:
        return len(needed)


def test_a_pack_that_cannot_be_made_now_delays_its_own_run_and_no_other(pool: Pool) -> None:
    pool.stack("first")
    revision = pool.world.look("first").revision
    pool.offer()
    pool.stack("second")
    pool.pass_time(seconds=61)
    pools = replace(pool.pools, packs=NoPackOf(revision))
    enqueue_due(pool.world.app.store, pool.world.clock, pool.world.settings.promotion)
    pool.broker.told.clear()
    for _ in range(2):
        pools.offer()
    assert pool.broker.told == [(2, 1)]
