"""Locks as terraform 1.11.4 tells of them, word for word."""

from datetime import UTC, datetime, timedelta

import pytest

from runner.engine.lock_info import read_lock
from runner.model.run.evidence import left_by, taken_at
from runner.model.stack.lock import StateLock

LOCAL = """
Error: Error acquiring the state lock

Error message: resource temporarily unavailable
Lock Info:
  ID:        64eeb47d-7c03-5a2e-f11b-7bfa1b8097df
  Path:      terraform.tfstate
  Operation: OperationTypeApply
  Who:       root@vm
  Version:   1.11.4
  Created:   2026-11-21 04:47:50.228409623 +0000 UTC
  Info:


Terraform acquires a state lock to protect the state from being written
"""
HTTP = """
Error message: HTTP remote state already locked:
ID=5f9f5ae7-1111-2222-3333-444455556666
Lock Info:
  ID:        19cff2fd-863b-8586-683d-f02e8947e9a0
  Path:      
  Operation: state-rm
  Who:       root@vm
  Version:   1.11.4
  Created:   2026-11-21 04:47:48.595643341 +0000 UTC
  Info:      
"""  # noqa: W291 - as it is
OURS = StateLock(
    "64eeb47d-7c03-5a2e-f11b-7bfa1b8097df",
    "OperationTypeApply",
    "root@vm",
    "2026-11-21 04:47:50.228409623 +0000 UTC",
    "terraform.tfstate",
    "1.11.4",
)
TAKEN = datetime(2026, 11, 21, 4, 47, 50, 228409, UTC)


def test_everything_that_a_backend_reports_is_read() -> None:
    assert read_lock(LOCAL) == OURS
    assert str(OURS) == (
        "OperationTypeApply 64eeb47d-7c03-5a2e-f11b-7bfa1b8097df by root@vm since 2026-11-21 04:47:50.228409623 +0000 UTC"
    )


def test_the_lock_not_taken_is_not_mistaken_for_the_blocking_one() -> None:
    lock = read_lock(HTTP)
    assert lock == StateLock("5f9f5ae7-1111-2222-3333-444455556666")
    assert str(lock) == "lock 5f9f5ae7-1111-2222-3333-444455556666"


def test_a_backend_that_begins_to_report_the_holder_is_believed() -> None:
    shown = HTTP.replace("19cff2fd-863b-8586-683d-f02e8947e9a0", "5f9f5ae7-1111-2222-3333-444455556666")
    lock = read_lock(shown)
    assert lock is not None
    assert (lock.operation, lock.who) == ("state-rm", "root@vm")


@pytest.mark.parametrize("text", ["", "Error message: denied", "Lock Info:\n  ID:\n  Path: x\n"])
def test_where_no_lock_is_named_there_is_none(text: str) -> None:
    assert read_lock(text) is None


def test_a_lock_of_this_host_that_an_apply_took_while_ours_lived_is_ours() -> None:
    assert taken_at(OURS) == TAKEN
    assert left_by(OURS, "vm", TAKEN - timedelta(minutes=1), TAKEN + timedelta(minutes=1))


@pytest.mark.parametrize(
    "lock",
    [
        StateLock("1", "OperationTypePlan", "root@vm", OURS.created),
        StateLock("1", OURS.operation, "root@laptop", OURS.created),
        StateLock("1", OURS.operation, OURS.who, "2026-11-21 04:40:00 +0000 UTC"),
        StateLock("1", OURS.operation, OURS.who, "2026-11-21 04:55:00 +0000 UTC"),
        StateLock("1", OURS.operation, OURS.who, "yesterday"),
        StateLock("1"),
    ],
)
def test_any_other_lock_is_not(lock: StateLock) -> None:
    assert not left_by(lock, "vm", TAKEN - timedelta(minutes=1), TAKEN + timedelta(minutes=1))
