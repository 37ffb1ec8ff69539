"""When exit code 0 of an apply is believed: by what six engines report, and by the state."""

import json
from collections import Counter

import pytest
from recorded.recording import Recording, recordings

from runner.engine.json_output import JsonOutput
from runner.engine.redaction import Redaction
from runner.model.changes.changes import Action, ChangeSet, ResourceChange
from runner.model.plan.reading import parse_document, read_plan
from runner.model.run.apply_end import Expected, Reported, StateMark, doubt, expected_of

APPLIES = [one for one in recordings() if one.exit_code("apply") is not None]
BEFORE, AFTER = StateMark(4, "mine"), StateMark(5, "mine")
CREATED = Expected((("test_thing.a", "create"),), moves_state=True)
DONE = Reported({"add": 1}, Counter({("test_thing.a", "create"): 1}))


def said(recorded: Recording, skip: str = "") -> tuple[Reported, Expected]:
    output = JsonOutput(Redaction(), "terraform")
    for message in recorded.messages("apply"):
        if message.get("type") != skip:
            list(output.feed(json.dumps(message)))
    plan = read_plan(parse_document(recorded.document or b""))
    return Reported(output.counts, output.completed, output.unfinished), expected_of(plan)


@pytest.mark.parametrize("recorded", APPLIES, ids=str)
def test_every_engine_is_believed_exactly_where_it_says_that_it_succeeded(recorded: Recording) -> None:
    reported, expected = said(recorded)
    believed = doubt("terraform", reported, expected, BEFORE, AFTER) == ""
    assert believed == (recorded.exit_code("apply") == 0)


@pytest.mark.parametrize("skip", ["change_summary", "apply_complete"])
def test_a_report_without_its_end_is_not_believed(skip: str) -> None:
    shown = [said(recorded, skip) for recorded in APPLIES if recorded.scenario == "create"]
    assert len(shown) == 6
    assert all(doubt("terraform", reported, expected, BEFORE, AFTER) for reported, expected in shown)


def test_a_summary_before_the_last_operation_is_not_the_end() -> None:
    output = JsonOutput(Redaction(), "terraform")
    list(output.feed('{"type": "change_summary", "changes": {"add": 1, "operation": "apply"}}'))
    list(output.feed('{"type": "apply_start", "hook": {"resource": {"addr": "a.b"}, "action": "create"}}'))
    assert output.counts is None


def test_the_summary_of_a_plan_ends_no_apply() -> None:
    output = JsonOutput(Redaction(), "terraform")
    list(output.feed('{"type": "change_summary", "changes": {"add": 1, "operation": "plan"}}'))
    assert output.counts is None


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (StateMark(4, "mine"), "still at serial 4"),
        (StateMark(3, "mine"), "went back from serial 4 to 3"),
        (StateMark(9, "another"), "a different lineage"),
        (StateMark(None), "missing or damaged"),
    ],
)
def test_a_state_that_does_not_agree_is_named(after: StateMark, why: str) -> None:
    assert why in doubt("terraform", DONE, CREATED, BEFORE, after)


def test_what_cannot_be_found_out_is_no_reason_to_doubt() -> None:
    assert doubt("terraform", DONE, CREATED, BEFORE, None) == ""
    assert doubt("terraform", DONE, None, None, AFTER) == ""


def test_an_apply_that_changes_nothing_may_leave_the_state_as_it_was() -> None:
    nothing = Reported({"add": 0, "change": 0, "remove": 0})
    assert doubt("terraform", nothing, Expected(), BEFORE, BEFORE) == ""
    assert doubt("terraform", nothing, Expected(), StateMark(0), StateMark(None)) == ""


def test_a_move_alone_has_to_move_the_state() -> None:
    nothing = Reported({"add": 0, "change": 0, "remove": 0})
    assert "still at serial" in doubt("terraform", nothing, Expected((), moves_state=True), BEFORE, BEFORE)


def test_where_we_cut_the_log_the_state_alone_decides() -> None:
    cut = Reported(None, cut=True)
    assert doubt("terraform", cut, CREATED, BEFORE, AFTER) == ""
    assert "still at serial 4" in doubt("terraform", cut, CREATED, BEFORE, BEFORE)


def test_only_the_first_missing_operations_are_named() -> None:
    many = Expected(tuple((f"a.b[{number}]", "create") for number in range(9)))
    shown = doubt("terraform", Reported({"add": 0}), many, BEFORE, AFTER)
    assert shown.endswith("the create of a.b[0], the create of a.b[1], the create of a.b[2] and 6 more")


def test_an_apply_that_only_reverts_a_manual_change_need_not_move_the_state() -> None:
    change = ResourceChange("test_thing.a", "test_thing", Action.CREATE)
    undoes = expected_of(ChangeSet(resources=(change,), drift=(change,)))
    assert not undoes.moves_state
    assert expected_of(ChangeSet(resources=(change,))).moves_state
    assert doubt("terraform", DONE, undoes, BEFORE, BEFORE) == ""
