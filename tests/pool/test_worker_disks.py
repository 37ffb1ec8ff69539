"""What a worker remembers: full disks, lost ones, and ones restored from an old backup lose no run and tell nothing false."""

import errno
import os
import shutil
import signal
from dataclasses import replace

import pytest
from applied_once import LONG, applied, approved, killed, stack, until
from pool_world import Pool

from runner.datadir.claims import _holders
from runner.model.run.life import State
from runner.model.work.protocol import Ended
from runner.pool.client import WorkClient
from runner.pool.ledger import Entry, Ledger
from runner.service.work.silent import expire_leases, give_up


def ledger(pool: Pool) -> Ledger:
    return Ledger(pool.worker().data_dir)


def full_from(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    """From this note on, the ledger's disk is full."""
    whole, notes = Ledger.note, list[Entry]()

    def note(self: Ledger, entry: Entry) -> Entry:
        notes.append(entry)
        if len(notes) >= first:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return whole(self, entry)

    monkeypatch.setattr(Ledger, "note", note)


def test_a_plan_on_a_full_disk_says_so_at_once(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    stack(pool)
    ((run, attempt),) = pool.offer()
    full_from(monkeypatch, 1)
    pool.worker().take(run, attempt)
    assert pool.run().state is State.PLAN_FAILED
    assert "No space left" in pool.run().reason


def test_no_apply_begins_on_a_full_disk_and_the_approval_stands(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = approved(pool)
    for first in (1, 2):  # when it is claimed, and at the gate
        with monkeypatch.context() as full:
            full_from(full, first)
            pool.worker().take(1, attempt)
        assert (pool.run().state, applied(pool)) == (State.APPROVED, 0), pool.run().reason
        assert "No space left" in pool.run().reason
        pool.pass_time(minutes=20)
        ((_, attempt),) = pool.offer()
    pool.worker().take(1, attempt)
    assert (pool.run().state, applied(pool)) == (State.APPLIED, 1)


def test_an_apply_whose_end_cannot_be_noted_is_reported_all_the_same(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = approved(pool)
    full_from(monkeypatch, 3)
    pool.worker().take(1, attempt)
    assert (pool.run().state, applied(pool)) == (State.APPLIED, 1)


def test_no_apply_begins_that_the_ledger_would_not_remember(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = approved(pool)
    asked = Ledger.at_gate

    def lost(self: Ledger, run: int, fence: int, digest: str) -> None:
        shutil.rmtree(self.folder)
        asked(self, run, fence, digest)

    monkeypatch.setattr(Ledger, "at_gate", lost)
    pool.worker().take(1, attempt)
    assert applied(pool) == 0
    assert pool.run().state is not State.APPLYING


def test_a_worker_that_lost_its_disk_during_an_apply_leaves_it_to_a_person(pool: Pool) -> None:
    attempt = approved(pool)
    killed(pool, attempt, "spawn.after_fork")
    shutil.rmtree(pool.worker().data_dir)
    assert pool.worker().finish_left() == []
    pool.pass_time(hours=1)
    expire_leases(pool.world.app.control)
    assert (pool.run().state, pool.offer()) == (State.APPLYING, [])
    (run,) = give_up(pool.world.app.control, "w-1", by="ana", force=False)
    assert run.state is State.INTERRUPTED


def test_a_reboot_during_an_apply_interrupts_it(pool: Pool) -> None:
    held = pool.states / "go"
    pool.stack(body=_WAITS % (pool.states / "applied", held))
    (planned,) = pool.work()
    pool.world.approve(planned)
    ((_, attempt),) = pool.offer()
    killed(pool, attempt, "spawn.after_fork")
    until((pool.states / "applied").exists, "it does not begin")
    # Everything that the run had started dies, and with it its namespaces.
    for pid in _holders(pool.worker().data_dir / "claims" / "run-1"):
        os.kill(pid, signal.SIGKILL)
    assert pool.worker().finish_left() == [1]
    assert pool.run().state is State.INTERRUPTED, pool.run().reason
    assert pool.offer() == []


_WAITS = """\
resource "terraform_data" "one" {{
  provisioner "local-exec" {{
    command = "echo applied >> %s; while [ ! -e %s ]; do sleep 0.1; done"
  }}
}}
"""


def snapshot(pool: Pool, attempt: int, point: str) -> Entry:
    """What the ledger says when the process of run 1 dies there."""
    killed(pool, attempt, point)
    entry = ledger(pool).entry(1)
    assert entry is not None
    return entry


def test_a_disk_from_before_the_end_of_a_run_changes_nothing(pool: Pool) -> None:
    attempt = approved(pool)
    old = snapshot(pool, attempt, "spawn.after_fork")
    pool.worker().finish_left()
    assert pool.run().state is State.APPLIED
    ledger(pool).note(old)
    shutil.rmtree(pool.worker().data_dir / "receipts", ignore_errors=True)
    assert pool.worker().finish_left() == [1]
    assert (pool.run().state, applied(pool)) == (State.APPLIED, 1)
    assert pool.worker().finish_left() == []


def test_a_disk_from_before_an_apply_began_does_not_say_that_it_never_did(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = approved(pool)
    snapshot(pool, attempt, "spawn.before_fork")
    monkeypatch.setattr("runner.pool.execute.boot_of_this_host", lambda: "another boot")
    pool.worker().finish_left()
    assert pool.run().state is State.INTERRUPTED, pool.run().reason


def test_an_apply_that_a_person_gave_up_is_kept_where_that_person_can_see_it(pool: Pool) -> None:
    attempt = approved(pool)
    killed(pool, attempt, "spawn.after_fork")
    until(lambda: applied(pool) == 1, "it is not applied")
    pool.pass_time(**LONG)
    give_up(pool.world.app.control, "w-1", by="ana", force=False)
    until(lambda: pool.worker().finish_left() == [], "it is not put aside")
    assert pool.run().state is State.INTERRUPTED
    assert len(list(ledger(pool).folder.glob("refused-run-1-*.json"))) == 1


def test_an_end_that_comes_too_late_is_kept_with_what_it_says(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = approved(pool)
    said = WorkClient.result

    def result(client: WorkClient, run: int, ended: Ended) -> None:
        pool.pass_time(**LONG)
        give_up(pool.world.app.control, "w-1", by="ana", force=False)
        said(client, run, ended)

    monkeypatch.setattr(WorkClient, "result", result)
    pool.worker().take(1, attempt)
    assert pool.run().state is State.INTERRUPTED
    (kept,) = ledger(pool).folder.glob("refused-run-1-*.json")
    assert '"outcome": "applied"' in kept.read_text()


def test_an_entry_that_cannot_be_read_keeps_no_other_one_from_its_end(pool: Pool) -> None:
    attempt = approved(pool)
    killed(pool, attempt, "spawn.after_fork")
    (ledger(pool).folder / "run-0.json").write_text("{")
    assert pool.worker().finish_left() == [1]
    assert pool.run().state is State.APPLIED


def test_who_delivers_late_leaves_what_a_later_lease_has_noted(pool: Pool) -> None:
    attempt = approved(pool)
    old = snapshot(pool, attempt, "spawn.before_fork")
    later = ledger(pool).note(replace(old, fence=old.fence + 1))
    ledger(pool).strike(old)
    assert ledger(pool).entry(1) == later


def test_a_run_is_held_until_its_end_is_delivered(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = approved(pool)
    said, free = WorkClient.result, list[bool]()

    def result(client: WorkClient, *told: object) -> None:
        said(client, *told)  # type: ignore[arg-type]
        with pool.worker().process() as app:
            entry = ledger(pool).entry(1)
            assert entry is not None
            free.append(app.claims.adopt(entry.claim) is not None)

    monkeypatch.setattr(WorkClient, "result", result)
    pool.worker().take(1, attempt)
    assert free == [False]


def test_two_workers_of_one_name_do_each_run_once(pool: Pool) -> None:
    for name in ("a", "b"):
        pool.stack(name, rules="apply: {mode: automatic}\n", body=_COUNTED % (pool.states / name))
    twins = [replace(pool.worker(), host=host) for host in ("one", "two")]
    for _ in range(2):
        for (run, attempt), twin in zip(pool.offer(), twins, strict=True):
            for one in (twin, *twins):
                one.take(run, attempt)
    assert [run.state for run in pool.runs()] == [State.APPLIED] * 2
    assert [(pool.states / name).read_text() for name in ("a", "b")] == ["applied\n"] * 2


_COUNTED = """\
resource "terraform_data" "one" {{
  provisioner "local-exec" {{
    command = "echo applied >> %s"
  }}
}}
"""
