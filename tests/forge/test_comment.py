"""The comment on a pull request: what it says, that it fits, and that no stranger's text becomes part of it."""

from dataclasses import replace

import pytest
from hostile import texts
from hypothesis import given
from hypothesis import strategies as st
from rendered import rendered

from runner.model.changes.changes import (
    MASK,
    Action,
    AttributeChange,
    ChangeSet,
    OutputChange,
    ResourceChange,
    Summary,
)
from runner.model.forge.comment import comment
from runner.model.forge.fit import MARKER_ROOM
from runner.model.forge.planned import Answer, PlannedRequest, PlannedStack, PlanState
from runner.model.forge.text import Capabilities

GITHUB = Capabilities(65_536)
BITBUCKET = Capabilities(32_768, details=False, issues=False)
PAGE = "https://driftline.example.com"
CHANGES = ChangeSet(
    resources=(
        ResourceChange("aws_a.old", "aws_a", Action.DELETE),
        ResourceChange(
            "aws_a.b", "aws_a", Action.UPDATE, (AttributeChange("password", MASK, MASK, sensitive=True),)
        ),
        ResourceChange("aws_a.c", "aws_a", Action.CREATE, (AttributeChange("size", None, 2),)),
    ),
    outputs=(OutputChange("url", Action.UPDATE, "a", "b"),),
    summary=Summary(create=1, update=1, delete=1, output=1),
)
VPC = PlannedStack(
    "prod/vpc",
    PlanState.PLANNED,
    CHANGES.summary,
    CHANGES,
    url=f"{PAGE}/runs/12",
    digest="0123456789abcdef" * 4,
    after=("2 approvals, one of them by ana or bo", "applies wait: closed until Mon 08:00"),
)
REQUEST = PlannedRequest(
    7,
    "abc123" * 6 + "abcd",
    (
        VPC,
        PlannedStack("prod/dns", PlanState.NO_CHANGES),
        PlannedStack("prod/db", PlanState.FAILED, note="Invalid value", errors=("Error: Invalid value",)),
        replace(VPC, stack="dev/vpc", drift="2 changed, first seen 3 h ago"),
    ),
    url=f"{PAGE}/requests/infra/7",
)


def big(stack: str, count: int) -> PlannedStack:
    resources = tuple(ResourceChange(f"aws_a.b[{n}]", "aws_a", Action.CREATE) for n in range(count))
    return PlannedStack(
        stack,
        PlanState.PLANNED,
        Summary(create=count),
        ChangeSet(resources=resources, summary=Summary(create=count)),
    )


def test_the_table_shows_what_needs_people_first() -> None:
    rows = [line for line in comment(REQUEST, GITHUB).splitlines() if line.startswith("|")]
    assert rows == [
        "| stack | + | ~ | -/+ | - | plan |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
        "| `prod/db` |  |  |  |  | **plan failed**: Invalid value |",
        f"| [`dev/vpc`]({PAGE}/runs/12) | 1 | 1 |  | 1 | planned; 1 output to change |",
        f"| [`prod/vpc`]({PAGE}/runs/12) | 1 | 1 |  | 1 | planned; 1 output to change |",
        "| `prod/dns` |  |  |  |  | no changes |",
    ]


def test_the_headline_counts_stacks() -> None:
    first = comment(REQUEST, GITHUB).splitlines()[0]
    assert first == "### Driftline: 1 plan failed, 2 stacks change, 1 stack without changes"


def test_each_plan_is_a_folded_diff() -> None:
    found = rendered(comment(REQUEST, GITHUB))
    assert found.folded == ("prod/db", "dev/vpc", "prod/vpc")
    assert found.open_details == 0
    assert found.fences[1].splitlines() == [
        " Plan: 1 to destroy, 1 to create, 1 to update, 1 output to change",
        " Destroys (1):",
        "- aws_a.old",
        "",
        "- aws_a.old  # will be destroyed",
        "",
        "! aws_a.b  # will be updated in place",
        f"!     password = {MASK} -> {MASK}",
        "",
        "+ aws_a.c  # will be created",
        "+     size = 2",
        "",
        " Outputs:",
        '!     url = "a" -> "b"',
    ]


def test_a_replace_is_red() -> None:
    changes = ChangeSet(resources=(ResourceChange("a.b", "a", Action.REPLACE),), summary=Summary(replace=1))
    text = comment(PlannedRequest(7, "a" * 40, (replace(VPC, changes=changes),)), GITHUB)
    assert "\n-/+ a.b  # will be destroyed and re-created\n" in text


def test_a_forge_without_html_gets_none() -> None:
    text = comment(REQUEST, BITBUCKET)
    assert "<" not in text
    assert len(rendered(text).fences) == 3


def test_stacks_share_what_happens_after_the_merge() -> None:
    text = comment(REQUEST, GITHUB)
    assert "- `dev/vpc`, `prod/vpc`: 2 approvals, one of them by ana or bo; applies wait: closed" in text


def test_the_comment_says_how_to_approve_which_plan() -> None:
    assert "- `prod/vpc`: `driftline approve 0123456789abcdef0123`\n" in comment(REQUEST, GITHUB)


def test_drift_that_was_there_before_is_told() -> None:
    assert "- `dev/vpc`: 2 changed, first seen 3 h ago\n" in comment(REQUEST, GITHUB)


def test_a_conflict_is_told_with_the_way_out() -> None:
    of = PlannedRequest(7, "a" * 40, problem="conflicts with main in a/main.tf", hint="git merge main")
    assert "is not planned: conflicts with main in `a/main.tf` (`git merge main`)" in comment(of, GITHUB)


def test_the_biggest_plan_is_cut_first() -> None:
    of = replace(REQUEST, stacks=(*REQUEST.stacks, big("huge", 5_000), big("large", 500)))
    text = comment(of, GITHUB)
    folded = dict(zip(rendered(text).folded, rendered(text).fences, strict=True))
    assert folded["huge"].splitlines()[-1].endswith("more lines")
    assert "more lines" not in folded["large"] + folded["prod/vpc"]
    assert f"Plans are shortened here. [The dashboard]({PAGE}/requests/infra/7) shows all of them." in text
    assert len(text) > GITHUB.body - MARKER_ROOM - 200


def test_a_comment_that_is_whole_does_not_claim_to_be_cut() -> None:
    assert "shortened" not in comment(REQUEST, GITHUB)


def test_the_table_stays_when_no_plan_fits() -> None:
    stacks = tuple(big(f"team/stack-{n:04}", 40) for n in range(200))
    text = comment(PlannedRequest(7, "a" * 40, stacks), Capabilities(14_000))
    rows = rendered(text).columns
    assert len(rows) == 201
    assert rendered(text).fences == ()
    assert "shortened" in text


def test_rows_beyond_the_limit_are_counted() -> None:
    stacks = tuple(PlannedStack(f"s{n}", PlanState.NO_CHANGES) for n in range(5_000))
    text = comment(PlannedRequest(7, "a" * 40, (*stacks, VPC)), BITBUCKET)
    shown = len(rendered(text).columns) - 2
    assert f"| and {5_001 - shown} more |" in text
    assert "`prod/vpc`" in text
    assert len(text) <= BITBUCKET.body - MARKER_ROOM


stacks = st.builds(
    PlannedStack,
    stack=texts,
    state=st.sampled_from(PlanState),
    summary=st.just(Summary(create=1, move=2)),
    changes=st.builds(
        lambda address, path, value, symbol: ChangeSet(
            resources=(
                ResourceChange(
                    address,
                    "t",
                    Action.UPDATE,
                    (
                        AttributeChange(path, value, symbol),
                        AttributeChange("x", f"{value}\nb", f"{symbol}\nc"),
                    ),
                ),
            ),
            outputs=(OutputChange(path, Action.CREATE, None, value),),
        ),
        texts,
        texts,
        texts,
        texts,
    ),
    note=texts,
    errors=st.lists(texts, max_size=2).map(tuple),
    url=st.sampled_from([None, f"{PAGE}/runs/1"]),
    digest=st.sampled_from(["", "ab" * 32]),
    approved_by=st.lists(texts, max_size=2).map(tuple),
    after=st.lists(texts, max_size=2).map(tuple),
    drift=texts,
)
requests = st.builds(
    PlannedRequest,
    number=st.just(7),
    revision=st.just("ab" * 20),
    stacks=st.lists(stacks, max_size=3).map(tuple),
    problems=st.lists(texts, max_size=2).map(tuple),
    problem=texts,
    hint=texts,
    url=st.sampled_from([None, f"{PAGE}/requests/7"]),
    answers=st.lists(st.builds(Answer, texts, texts, texts), max_size=2).map(tuple),
    branch=texts,
    base=texts,
)


@given(requests, st.sampled_from([GITHUB, BITBUCKET]))
def test_no_text_of_a_stranger_becomes_markup(of: PlannedRequest, can: Capabilities) -> None:
    found = rendered(comment(of, can))
    assert found.html == ()
    assert all(link.startswith(PAGE) for link in found.links)
    assert found.headings == 1
    assert found.special == []
    assert set(found.columns) <= {6}
    assert found.open_details == 0
    assert len(found.columns) == (len(of.stacks) + 1 if of.stacks else 0)


@given(requests, st.integers(3_000, 12_000))
def test_a_comment_is_never_longer_than_the_forge_takes(of: PlannedRequest, size: int) -> None:
    for details in (True, False):
        assert len(comment(of, Capabilities(size, details=details)).encode()) <= size - MARKER_ROOM


@pytest.mark.parametrize("can", [GITHUB, BITBUCKET])
def test_no_line_begins_with_a_command_of_a_forge(can: Capabilities) -> None:
    hostile = replace(VPC, stack="/close", note="/merge", errors=("/approve",), after=("/close",))
    text = comment(PlannedRequest(7, "a" * 40, (hostile,)), can)
    assert not [line for line in text.splitlines() if line.startswith("/")]
