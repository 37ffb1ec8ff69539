"""A worker's disk does not grow with every revision that it has seen."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from applied_once import applied, approved, stack
from pool_world import Pool

from runner.app import App
from runner.model.execution.job import Result
from runner.model.run.life import State
from runner.pool.ledger import Entry, Ledger
from runner.pool.tidy import tidy
from runner.service.execution.execute import execute
from runner.source.packs import forget_packs

HOUR = timedelta(hours=1)


def trees(pool: Pool) -> list[Path]:
    return sorted(pool.worker().data_dir.glob("trees/*/*.complete"))


def packs(pool: Pool) -> list[Path]:
    return sorted(pool.worker().data_dir.glob("mirrors/*.git/objects/pack/*"))


def unused(pool: Pool, app: App) -> None:
    """For two hours."""
    for path in [*trees(pool), *packs(pool)]:
        used = app.clock.now().timestamp() - 7200
        os.utime(path, (used, used))


def two_hours_later(pool: Pool) -> int:
    """The worker tidies up; how much it removed."""
    with pool.worker().process() as app:
        unused(pool, app)
        return tidy(app)


def test_code_that_no_run_needs_is_removed_and_brought_again_for_the_next_run(pool: Pool) -> None:
    attempt = approved(pool)
    assert trees(pool)
    assert packs(pool)
    assert two_hours_later(pool) == 2
    assert (trees(pool), packs(pool)) == ([], [])
    pool.worker().take(1, attempt)
    assert (pool.run().state, applied(pool)) == (State.APPLIED, 1), pool.run().reason


def test_the_code_of_a_run_that_is_not_finished_stays(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    stack(pool)
    monkeypatch.setattr(Ledger, "strike", lambda *_: None)
    pool.work()
    assert two_hours_later(pool) == 0
    assert trees(pool)
    assert packs(pool)


def test_of_two_revisions_the_one_in_use_can_be_read_when_the_other_is_removed(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack(pool)
    pool.work()
    former = packs(pool)
    monkeypatch.setattr(Ledger, "strike", lambda *_: None)
    pool.stack(value="two")
    pool.work()
    latter = set(packs(pool)) - set(former)
    monkeypatch.setattr(Ledger, "entries", lambda self: [entry for entry in [self.entry(2)] if entry])
    assert two_hours_later(pool) > 0
    assert set(packs(pool)) == latter
    mirror = former[0].parents[2]
    assert (mirror / "shallow").read_text().split() == [pool.run(2).revision]
    archive = ["git", "--git-dir", str(mirror), "archive", pool.run(2).revision]
    subprocess.run(archive, check=True, capture_output=True)


def test_code_stays_for_a_run_that_begins_while_the_worker_tidies_up(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = approved(pool)
    real = Ledger.entries

    def begin_after(ledger: Ledger) -> list[Entry]:
        """The run is claimed once the ledger was read."""
        found = list(real(ledger))
        monkeypatch.setattr(Ledger, "entries", real)
        monkeypatch.setattr("runner.pool.execute.execute", tidied_first)
        pool.worker().take(1, attempt)
        return found

    def tidied_first(*given: Any) -> Result:
        assert forget_packs(pool.worker().data_dir, frozenset(), given[1].clock.now() - HOUR, 10) == 0
        return execute(*given)

    with pool.worker().process() as app:
        unused(pool, app)
        monkeypatch.setattr(Ledger, "entries", begin_after)
        tidy(app)
    assert (pool.run().state, applied(pool)) == (State.APPLIED, 1), pool.run().reason


def test_a_pack_that_git_made_itself_stays(pool: Pool) -> None:
    stack(pool)
    pool.work()
    (pack, *_) = [path for path in packs(pool) if path.suffix == ".pack"]
    own = pack.with_name(f"pack-{'0' * 40}.pack")
    own.write_bytes(b"")
    two_hours_later(pool)
    assert packs(pool) == [own]


def test_code_that_was_just_used_stays(pool: Pool) -> None:
    stack(pool)
    pool.work()
    with pool.worker().process() as app:
        assert tidy(app) == 0
    assert trees(pool)
    assert packs(pool)
