"""Commit statuses: the state of each plan, and of all plans together."""

from dataclasses import replace

import pytest
from hostile import texts
from hypothesis import given

from runner.model.changes.changes import Summary
from runner.model.forge.planned import PlannedRequest, PlannedStack, PlanState
from runner.model.forge.status import LONGEST, MOST, statuses
from runner.model.forge.text import CommitStatus
from runner.model.values.text import safe_text

PAGE = "https://driftline.example.com/runs/1"
PLANNED = PlannedStack("vpc", PlanState.PLANNED, Summary(create=2, delete=1), url=PAGE)
FAILED = PlannedStack("db", PlanState.FAILED, note="Invalid value")
WAITING = PlannedStack("dns", PlanState.WAITING)
SAME = PlannedStack("iam", PlanState.NO_CHANGES)


def request(*stacks: PlannedStack) -> PlannedRequest:
    return PlannedRequest(7, "a" * 40, stacks)


@pytest.mark.parametrize(
    ("stack", "status"),
    [
        (PLANNED, CommitStatus("driftline/plan: vpc", "success", "1 to destroy, 2 to create", PAGE)),
        (FAILED, CommitStatus("driftline/plan: db", "failure", "plan failed: Invalid value")),
        (
            replace(FAILED, state=PlanState.REFUSED, note='policy "tags"'),
            CommitStatus("driftline/plan: db", "failure", 'refused by policy: policy "tags"'),
        ),
        (WAITING, CommitStatus("driftline/plan: dns", "pending", "waiting")),
        (SAME, CommitStatus("driftline/plan: iam", "success", "no changes")),
    ],
)
def test_each_stack_has_a_status(stack: PlannedStack, status: CommitStatus) -> None:
    assert statuses(request(stack))[0] == status


@pytest.mark.parametrize(
    ("stacks", "state", "description"),
    [
        ((), "success", "no stack is touched"),
        ((SAME,), "success", "1 stack without changes"),
        ((PLANNED, SAME), "success", "1 stack changes, 1 stack without changes"),
        ((PLANNED, WAITING), "pending", "1 stack changes, 1 stack waits"),
        ((PLANNED, WAITING, FAILED), "failure", "1 plan failed, 1 stack changes, 1 stack waits"),
    ],
)
def test_the_last_one_is_as_bad_as_the_worst(
    stacks: tuple[PlannedStack, ...], state: str, description: str
) -> None:
    last = statuses(request(*stacks))[-1]
    assert (last.context, last.state, last.description) == ("driftline/plan", state, description)


def test_stacks_that_were_not_planned_fail() -> None:
    more = "9 more stacks are touched and not planned (previews.max_stacks)"
    last = statuses(replace(request(PLANNED), beyond=more))[-1]
    assert (last.state, last.description) == ("failure", f"1 stack changes, {more}")


def test_a_conflict_fails() -> None:
    last = statuses(replace(request(), problem="conflicts with main"))[-1]
    assert (last.state, last.description) == ("failure", "conflicts with main")


def test_a_problem_in_a_stack_file_fails() -> None:
    last = statuses(replace(request(SAME), problems=("a/stack.yaml: unknown key",)))[-1]
    assert (last.state, last.description) == (
        "failure",
        "1 problem in stack files, 1 stack without changes",
    )


def test_many_stacks_have_one_status_together() -> None:
    many = [replace(PLANNED, stack=f"s{n}") for n in range(MOST + 1)]
    assert [one.context for one in statuses(request(*many))] == ["driftline/plan"]
    assert len(statuses(request(*many[:MOST]))) == MOST + 1


@given(texts)
def test_a_description_is_one_short_line(text: str) -> None:
    for status in statuses(request(replace(FAILED, note=text * 9))):
        assert len(status.description) <= LONGEST
        assert status.description == safe_text(status.description)
