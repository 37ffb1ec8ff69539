"""The server's database is an older one again, while workers execute what only the lost records knew."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from applied_once import applied, approved, killed, until
from click.testing import CliRunner
from needed import needs_terraform
from pool_world import Pool

from runner.cli.main import main
from runner.errors import LeaseOver
from runner.model.approval.binding import EngineFacts
from runner.model.execution.job import ApplyOutcome, ApplyResult
from runner.model.run.life import State
from runner.model.work.protocol import AtGate, Ended, Wanted
from runner.pool.client import WorkClient
from runner.pool.ledger import Ledger

pytestmark = needs_terraform


@pytest.fixture
def client(pool: Pool) -> Iterator[WorkClient]:
    with WorkClient.of(pool.worker().settings) as made:
        yield made


def copied(source: Path, into: Path) -> None:
    """In place: connections that are open see the other content, as after a snapshot of the disk was put back."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(into)) as other:
        one.backup(other)


def database(pool: Pool) -> Path:
    return pool.world.settings.data_dir / "driftline.db"


def test_what_a_worker_says_of_a_lease_that_was_lost_counts_for_no_later_one(
    pool: Pool, client: WorkClient
) -> None:
    attempt = approved(pool)
    copied(database(pool), pool.root / "older.db")
    old = client.claim(1, Wanted(attempt, "w-1", "eu", "first"))
    copied(pool.root / "older.db", database(pool))
    new = client.claim(1, Wanted(attempt, "w-2", "eu", "second"))
    assert new.fence > old.fence
    with pytest.raises(LeaseOver):
        client.gate(1, AtGate(old.fence, old.job.plan_digest or "", old.job.fingerprint, EngineFacts()))
    with pytest.raises(LeaseOver):
        client.put_artifact(1, old.fence, "plan.json", b"{}")
    with pytest.raises(LeaseOver):
        client.result(1, Ended(old.fence, ApplyResult(ApplyOutcome.APPLIED)))
    assert not client.beat(1, new.fence).cancel
    assert pool.run().state is State.APPROVED


def test_an_apply_of_a_lost_lease_is_kept_on_its_worker_and_not_repeated(pool: Pool) -> None:
    attempt = approved(pool)
    copied(database(pool), pool.root / "older.db")
    killed(pool, attempt, "spawn.after_fork")
    copied(pool.root / "older.db", database(pool))
    until(lambda: applied(pool) == 1, "it is not applied")
    until(lambda: pool.worker().finish_left() == [], "it is not put aside")
    assert pool.run().state is State.APPROVED
    assert len(list(Ledger(pool.worker().data_dir).folder.glob("refused-run-1-*.json"))) == 1
    pool.worker("w-2").take(1, attempt)  # the backend has the newer state, so that terraform refuses the plan
    assert pool.run().state is not State.APPLIED, pool.run().reason
    assert applied(pool) == 1


def says(pool: Pool, *words: str) -> str:
    result = CliRunner().invoke(main, ["-c", str(pool.world.config), *words])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_a_backup_that_is_restored_while_a_worker_applies_drains_its_pool_until_a_person_has_looked(
    tmp_path: Path,
) -> None:
    pool, backup, keys = Pool(tmp_path), tmp_path / "safe.backup", tmp_path / "keys.json"
    with pool.served():
        attempt = approved(pool)
        says(pool, "backup", str(backup), "--keys", str(keys))
        killed(pool, attempt, "spawn.after_fork")
    data = tmp_path / "data"
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    assert "pool eu is drained" in says(pool, "restore", str(backup), "--keys", str(keys))
    with pool.served():
        pool.pass_time(seconds=61)
        assert pool.offer() == []
        until(lambda: applied(pool) == 1, "it is not applied")
        until(lambda: pool.worker().finish_left() == [], "it is not put aside")
        assert pool.run().state is State.APPROVED
        says(pool, "pool", "resume", "eu")
        ((run, attempt),) = pool.offer()
        pool.worker("w-2").take(run, attempt)
        assert applied(pool) == 1
