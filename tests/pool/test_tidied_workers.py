"""A worker's disk does not grow with every revision that it has seen."""

import os
from pathlib import Path

import pytest
from applied_once import applied, approved, stack
from pool_world import Pool

from runner.model.run.life import State
from runner.pool.ledger import Ledger
from runner.pool.tidy import tidy


def trees(pool: Pool) -> list[Path]:
    return sorted(pool.worker().data_dir.glob("trees/*/*.complete"))


def two_hours_later(pool: Pool) -> int:
    """The worker tidies up; how much it removed."""
    with pool.worker().process() as app:
        for tree in trees(pool):
            used = app.clock.now().timestamp() - 7200
            os.utime(tree, (used, used))
        return tidy(app)


def test_a_tree_that_no_run_needs_is_removed_and_made_again_for_the_next_run(pool: Pool) -> None:
    attempt = approved(pool)
    assert trees(pool)
    assert two_hours_later(pool) == 1
    assert not trees(pool)
    pool.worker().take(1, attempt)
    assert (pool.run().state, applied(pool)) == (State.APPLIED, 1), pool.run().reason


def test_the_tree_of_a_run_that_is_not_finished_stays(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    stack(pool)
    monkeypatch.setattr(Ledger, "strike", lambda *_: None)
    pool.work()
    assert two_hours_later(pool) == 0
    assert trees(pool)


def test_a_tree_that_was_just_used_stays(pool: Pool) -> None:
    stack(pool)
    pool.work()
    with pool.worker().process() as app:
        assert tidy(app) == 0
    assert trees(pool)
