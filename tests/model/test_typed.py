"""What another machine sends is looked at to its last field before anything is done with it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from runner.model.changes.changes import ChangeSet, Diagnostic
from runner.model.execution.job import PlanFailure, PlanResult
from runner.model.run.usage import Usage
from runner.model.values.codec import from_plain, to_plain
from runner.model.values.typed import flaw
from runner.model.work.protocol import Beat, Ended, Hello

PLANNED = Ended(7, PlanResult(ChangeSet(), "f" * 64, None, datetime(2026, 11, 30, tzinfo=UTC), "1.11.4"))
FAILED = Ended(7, PlanFailure((Diagnostic("error", "no"),), "no", usage=Usage()))


def changed(told: Ended, place: str, value: Any) -> Ended:
    """As it arrives if this part of its JSON is another one."""
    plain = json.loads(json.dumps(to_plain(told)))
    *folders, last = place.split(".")
    inside = plain
    for name in folders:
        inside = inside[int(name)] if isinstance(inside, list) else inside[name]
    inside[last] = value
    return from_plain(Ended, json.loads(json.dumps(plain)))


@pytest.mark.parametrize("told", [PLANNED, FAILED, Beat(1), Hello("w-1", "eu", "1", 2)])
def test_what_a_worker_really_sends_has_no_flaw(told: Any) -> None:
    arrived = from_plain(type(told), json.loads(json.dumps(to_plain(told))))
    assert arrived == told
    assert flaw(arrived, type(told)) == ""


@pytest.mark.parametrize(
    ("told", "place", "value", "said"),
    [
        (PLANNED, "fence", "7", "fence is no int"),
        (PLANNED, "fence", True, "fence is no int"),
        (PLANNED, "fence", 2**63, "fence is no int"),
        (PLANNED, "result.fingerprint", {"a": 1}, "result.fingerprint is no str"),
        (PLANNED, "result.fingerprint", None, "result.fingerprint is no str"),
        (PLANNED, "result.planned_at", "2026-11-30T10:00:00", "result.planned_at is no datetime"),
        (PLANNED, "result.changes", None, "result.changes is no ChangeSet"),
        (PLANNED, "result.tree", "\ud800", "result.tree is no str"),
        (FAILED, "result.reason", ["no"], "result.reason is no str"),
        (FAILED, "result.canceled", "yes", "result.canceled is no bool"),
        (FAILED, "result.diagnostics.0.summary", 1, "result.diagnostics[0].summary is no str"),
        (FAILED, "result.usage.seconds", float("nan"), "result.usage.seconds is no float"),
    ],
)
def test_a_part_of_another_kind_is_found_and_named(told: Ended, place: str, value: Any, said: str) -> None:
    assert flaw(changed(told, place, value), Ended) == said


def test_a_value_of_a_plan_may_be_any_json_but_no_number_that_json_has_not() -> None:
    assert flaw({"a": [1, None, "x", {"b": 10**30}]}, dict[str, object]) == ""
    assert flaw({"a": [float("inf")]}, dict[str, object]) == "['a'][0] is no JSON value"
