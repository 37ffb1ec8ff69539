"""Who gets the next slot: nobody's thousand stacks keep out another source."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from examples import NOW, a_run
from hypothesis import given
from hypothesis import strategies as some

from runner.model.run.life import Claim, Kind, Run, State
from runner.model.schedule.turns import (
    PATIENCE,
    PRIORITY,
    crowded_out,
    in_turn,
    previews_in_the_way,
    without_previews_in_the_way,
)


def run(number: int, source: str, kind: Kind = Kind.CHANGE, state: State = State.QUEUED) -> Run:
    return a_run(id=number, stack=f"{source}-{number}", source=source, kind=kind, state=state)


def executing(number: int, source: str, since: datetime = NOW) -> Run:
    claim = Claim("token", "host", 1, since)
    return replace(run(number, source, state=State.PLANNING), claim=claim)


def ids(runs: list[Run]) -> list[int]:
    return [run.id for run in runs]


def test_a_source_with_one_run_is_next_however_many_another_has() -> None:
    many = [run(number, "large") for number in range(1000)]
    assert in_turn([*many, run(1000, "small")], [])[1].source == "small"
    assert in_turn([*many, run(1000, "small")], [executing(2000, "large")])[0].source == "small"


def test_sources_take_turns() -> None:
    waiting = [run(1, "a"), run(2, "a"), run(3, "a"), run(4, "b"), run(5, "b"), run(6, "c")]
    assert ids(in_turn(waiting, [])) == [1, 4, 6, 2, 5, 3]


def test_what_is_executed_counts_as_turns_that_were_taken() -> None:
    waiting = [run(1, "a"), run(2, "a"), run(3, "b"), run(4, "b"), run(5, "b")]
    assert ids(in_turn(waiting, [executing(9, "a"), executing(8, "a")])) == [3, 4, 1, 5, 2]


def test_an_approved_change_comes_before_plans_and_plans_before_checks() -> None:
    waiting = [run(1, "a", Kind.DRIFT), run(2, "a"), run(3, "b", state=State.APPROVED)]
    assert ids(in_turn(waiting, [executing(9, "b")])) == [3, 2, 1]


@given(some.lists(some.tuples(some.sampled_from("abc"), some.sampled_from(sorted(PRIORITY)))))
def test_each_run_has_one_turn_and_no_source_is_a_turn_ahead(
    wanted: list[tuple[str, tuple[State, Kind]]],
) -> None:
    waiting = [run(number, source, kind, state) for number, (source, (state, kind)) in enumerate(wanted)]
    ordered = in_turn(waiting, [])
    assert sorted(ids(ordered)) == ids(waiting)
    ranks = [PRIORITY[run.state, run.kind] for run in ordered]
    assert ranks == sorted(ranks)
    for rank in set(ranks):
        same = [run for run in ordered if PRIORITY[run.state, run.kind] == rank]
        for at in range(len(same)):
            had = [sum(r.source == source for r in same[:at]) for source in {r.source for r in same[at:]}]
            assert max(had) - min(had) <= 1


LONG_AGO = NOW - PATIENCE - timedelta(seconds=1)


def test_a_source_without_a_slot_gets_one_where_none_has_moved_for_long() -> None:
    waiting = [run(1, "a"), run(2, "b"), run(3, "b", Kind.DRIFT)]
    assert ids(crowded_out(waiting, [executing(8, "a", LONG_AGO)], NOW)) == [2]


def test_while_slots_become_free_nobody_gets_one_more() -> None:
    both = [executing(8, "a", LONG_AGO), executing(9, "a")]
    assert crowded_out([run(2, "b")], both, NOW) == []


def test_a_source_that_has_a_slot_gets_none_beyond_the_limit() -> None:
    both = [executing(8, "a", LONG_AGO), executing(9, "b", LONG_AGO)]
    assert crowded_out([run(1, "a"), run(2, "b")], both, NOW) == []


def test_previews_that_hang_do_not_keep_the_changes_of_their_source_waiting() -> None:
    previews = [replace(executing(number, "a", LONG_AGO), kind=Kind.PREVIEW) for number in (8, 9)]
    waiting = [run(1, "a", state=State.APPROVED), run(2, "a", Kind.PREVIEW)]
    assert ids(crowded_out(waiting, previews, NOW)) == [1]
    assert crowded_out(waiting, [*previews, executing(7, "a", LONG_AGO)], NOW) == []


def of(stack: str, kind: Kind, state: State = State.QUEUED, identity: str = "") -> Run:
    return replace(a_run(id=1, stack=stack, kind=kind, state=state), identity=identity)


@pytest.mark.parametrize("state", [State.QUEUED, State.APPROVED])
@pytest.mark.parametrize("kind", [Kind.CHANGE, Kind.DESTROY, Kind.DRIFT])
def test_a_preview_makes_way_for_anything_else_of_its_stack(kind: Kind, state: State) -> None:
    preview = of("app", Kind.PREVIEW, State.PLANNING)
    assert previews_in_the_way([of("app", kind, state)], [preview]) == [preview]
    assert previews_in_the_way([of("other", kind, state)], [preview]) == []


def test_a_preview_makes_way_for_another_stack_with_its_state() -> None:
    preview = of("app", Kind.PREVIEW, State.PLANNING, identity="state")
    renamed = of("renamed", Kind.CHANGE, identity="state")
    assert previews_in_the_way([renamed], [preview]) == [preview]


def test_previews_do_not_make_way_for_each_other() -> None:
    assert previews_in_the_way([of("app", Kind.PREVIEW)], [of("app", Kind.PREVIEW, State.PLANNING)]) == []


def test_nothing_but_previews_makes_way() -> None:
    assert previews_in_the_way([of("app", Kind.CHANGE)], [of("app", Kind.DRIFT, State.PLANNING)]) == []


def test_no_preview_begins_while_anything_else_of_its_stack_may() -> None:
    preview, check, other = of("app", Kind.PREVIEW), of("app", Kind.DRIFT), of("other", Kind.PREVIEW)
    assert without_previews_in_the_way([preview, other, check]) == [other, check]
