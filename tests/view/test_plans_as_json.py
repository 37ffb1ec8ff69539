"""A plan that came back from its JSON reads as it did before."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded.recording import Recording, recordings

from runner.model.changes.changes import (
    SYMBOLS,
    Action,
    ApplyOnly,
    AttributeChange,
    ChangeSet,
    Evaluated,
    Invocation,
    OutputChange,
    Place,
    Provisioner,
    Reading,
    ResourceChange,
    Setting,
    Summary,
)
from runner.model.plan.reading import parse_document, read_plan
from runner.model.plan.text import headlines, lines
from runner.view.changes import ChangesView, change_set, changes_view
from runner.view.document import document, read_document

TEXTS = st.text(max_size=12)
FLAGS = st.booleans()
VALUES = st.recursive(
    st.none() | FLAGS | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
DIFFERENCES = st.lists(st.tuples(st.sampled_from("+- "), TEXTS), max_size=3).map(tuple)
# What is sensitive or unknown holds a text in place of its value.
ATTRIBUTES = st.builds(
    AttributeChange, TEXTS, VALUES, VALUES, FLAGS, mark_only=FLAGS, difference=DIFFERENCES
) | st.builds(AttributeChange, TEXTS, TEXTS, TEXTS, FLAGS, FLAGS, FLAGS)
RESOURCES = st.builds(
    ResourceChange,
    TEXTS,
    TEXTS,
    st.sampled_from(sorted(SYMBOLS)),
    st.lists(ATTRIBUTES, max_size=3).map(tuple),
    *[st.none() | TEXTS] * 4,
    data=FLAGS,
    keeps_old=FLAGS,
)
OUTPUTS = st.builds(OutputChange, TEXTS, st.sampled_from(Action), VALUES, VALUES, difference=DIFFERENCES)
PLANS = st.builds(
    ChangeSet,
    resources=st.lists(RESOURCES, max_size=4).map(tuple),
    outputs=st.lists(OUTPUTS, max_size=2).map(tuple),
    summary=st.builds(Summary, *[st.integers(0, 3)] * 9),
    moving=st.lists(TEXTS, max_size=2).map(tuple),
    complete=FLAGS,
)
ARGUMENTS = (
    AttributeChange("text", None, "hello"),
    AttributeChange("code", "a", "b", difference=(("+", "b"),)),
)
BESIDES = ApplyOnly(
    provisioners=("test_thing.b",),
    actions=(
        Invocation("action.say.hi", "say", "say", "after test_thing.b is created", ARGUMENTS, "taint"),
        Invocation("action.say.no", "say", "say", "later", deferred="instance_count_unknown"),
    ),
    places=(Place("aws.west", (Setting("region", "eu-west-1", "var.region"), Setting("x", code="f()"))),),
    commands=(Provisioner("test_thing.b", "local-exec", (("command", "a\nb"),), at_destroy=True),),
    evaluated=(
        Evaluated("provisioner", "test_thing.b", "command", "local-exec", reads=("var.a", "var.b")),
        Evaluated("write-only", "test_thing.b", "secret", reads=("var.a", "var.c")),
    ),
    readings=(Reading("var.a", "one"), Reading("var.b", sensitive=True), Reading("var.c", unknown=True)),
)
RECORDED = [one for one in recordings() if one.document is not None]


def back(of: ChangeSet) -> ChangeSet:
    view = changes_view(of)
    again = read_document(ChangesView, json.loads(json.dumps(document(view))))
    assert again == view
    return change_set(again)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("plan", RECORDED, ids=str)
def test_a_recorded_plan_reads_as_before(plan: Recording, *, full: bool) -> None:
    of = read_plan(parse_document(plan.document or b""))
    assert list(lines(back(of), full=full)) == list(lines(of, full=full))


@given(PLANS)
def test_any_plan_reads_as_before(of: ChangeSet) -> None:
    assert list(lines(back(of))) == list(lines(of))
    assert list(headlines(back(of))) == list(headlines(of))


def test_what_only_the_apply_does_reads_as_before() -> None:
    of = ChangeSet(**vars(BESIDES))
    assert list(lines(back(of), full=True)) == list(lines(of, full=True))


def test_what_moved_outside_and_the_marks_of_values_are_not_shown() -> None:
    of = ChangeSet(
        readings=(Reading("var.a", mark="secret"),),
        evaluated=(Evaluated("provider", "aws", "x", reads=("var.a",)),),
    )
    assert "secret" not in json.dumps(document(changes_view(of)))
