"""Only what equals the plan's own time is taken for it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.modules.code import offsets_in
from runner.model.drift.taxonomy import drift_fingerprint
from runner.model.evaluated.code import UNREAD, Code
from runner.model.plan.fingerprint import fingerprint
from runner.model.plan.timeless import STILL, clock_of

ONE, TWO = "2026-11-29T03:28:38Z", "2026-11-29T04:00:01Z"
ASKS = Code(clock=True, offsets=(86400,))
KEY = b"key"


def plan(at: str, value: Any, before: Any = None) -> dict[str, Any]:
    change = {"actions": ["update"], "before": {"a": before}, "after": {"a": value}, "after_unknown": {}}
    entry = {"address": "test_thing.a", "mode": "managed", "type": "test_thing", "change": change}
    return {"format_version": "1.2", "timestamp": at, "resource_changes": [entry]}


def same(one: dict[str, Any], other: dict[str, Any], code: Code = ASKS) -> bool:
    return fingerprint(one, KEY, code) == fingerprint(other, KEY, code)


@pytest.mark.parametrize("text", ["{}", "built at {} by ci", '{{"at":"{}"}}', "{} {}"])
def test_the_plan_s_own_time_is_the_same_in_both(text: str) -> None:
    assert same(plan(ONE, text.format(ONE, ONE)), plan(TWO, text.format(TWO, TWO)))


def test_an_offset_of_the_code_moves_with_it() -> None:
    assert same(plan(ONE, "2026-11-30T03:28:38Z"), plan(TWO, "2026-11-30T04:00:01Z"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ONE, ONE),  # stands still
        (ONE, "2026-11-29T04:00:02Z"),  # another second
        (ONE, "2026-11-30T04:00:01Z"),  # another offset
        (f"a {ONE}", f"b {TWO}"),
        (ONE, f"{TWO} "),
        (ONE, [TWO]),
        ("x", TWO),
        (ONE, {"\0time of the plan": ["", [0], ""]}),
        (ONE, None),
    ],
)
def test_everything_else_is_another_plan(first: Any, second: Any) -> None:
    assert not same(plan(ONE, first), plan(TWO, second))


def test_what_was_there_before_cannot_pass_for_the_time_of_the_plan() -> None:
    """Else a change to the time could hide beside another change, as if it were none."""
    mark = {"\0time of the plan": ["", [0], ""]}
    hidden, still = (
        plan(ONE, {"b": 2, "c": after}, before={"b": 1, "c": before})
        for before, after in ((mark, ONE), ("z", "z"))
    )
    assert not same(hidden, still)


def test_what_was_there_before_is_no_time_of_the_plan() -> None:
    assert not same(plan(ONE, "x", before=ONE), plan(TWO, "x", before=TWO))


def test_a_drift_of_the_time_alone_is_the_same_drift_at_each_check() -> None:
    marks = [
        drift_fingerprint(plan(at, at, before="2026-01-01T00:00:00Z"), (), KEY, code=code)
        for code in (ASKS, Code())
        for at in (ONE, TWO)
    ]
    assert marks[0] == marks[1]
    assert marks[2] != marks[3]


@pytest.mark.parametrize("code", [Code(), UNREAD, Code(clock=True, unread=(("net",),))])
def test_nothing_is_excused_if_the_code_may_not_use_the_time(code: Code) -> None:
    assert clock_of(plan(ONE, ONE), code) is STILL
    assert not same(plan(ONE, ONE), plan(TWO, TWO), code)


@given(
    st.recursive(
        st.none() | st.text() | st.just(ONE),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_two_values_that_differ_in_one_plan_never_look_the_same(value: Any) -> None:
    clock = clock_of(plan(ONE, None), ASKS)
    assert clock.timeless(value) == clock.timeless(value)
    assert clock.timeless([value]) != clock.timeless(value)
    assert clock.moves(value) is (ONE in str(value)) or "2026" in str(value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (b'timeadd(plantimestamp(), "24h")', [86400]),
        (b'timeadd(local.now, "-1h30m")', [-5400]),
        (b'"${timeadd(plantimestamp(), \\"10s\\")}"', [10]),
        (b"timeadd(local.now, var.span)", []),
        (b'timeadd(local.now, "1.5h")', []),
    ],
)
def test_literal_offsets_are_read_from_the_code(text: bytes, seconds: list[int]) -> None:
    assert list(offsets_in(text)) == seconds
