"""Over many types of AWS: whatever is done with them, warm providers plan what plain ones do."""

import re
from dataclasses import dataclass

import pytest
from aws_types import (
    CHANGED,
    CREATE,
    CREATED,
    DELETE,
    FOUND_AGAIN,
    GONE,
    MODULES,
    NEVER_CHANGED,
    REPLACE,
    TAINTED,
    TYPES,
    UNCHANGED,
    actions_of,
    modules_of,
    types_of,
)
from plan_difference import difference
from probe_case import Case, Document
from probe_lab import Lab, make_plan, plan_document
from probed_plan import ProbedPlans
from probing_world import needs_terraform

from runner.model.plan.form import form_of
from runner.probe.prober import Prober

pytestmark = [needs_terraform, pytest.mark.aws]
RESOURCES, DATA_SOURCES = types_of("resource"), types_of("data")


def test_there_are_enough_types() -> None:
    assert len(RESOURCES) >= 100
    assert len(DATA_SOURCES) >= 40


def test_a_warm_plan_that_creates_every_type_says_what_a_plain_plan_says(lab: Lab, prober: Prober) -> None:
    stack = lab.begin(TYPES)
    exit_code, other = make_plan(stack), ProbedPlans(prober, stack).plan()
    plain = plan_document(stack)
    assert actions_of(plain) == {name: {CREATE} for name in RESOURCES}
    assert difference(plain, other.document) == []
    assert form_of(plain) == form_of(other.document)
    assert exit_code == other.exit_code


@dataclass
class Plans:
    """Of one case, in each of its situations."""

    documents: dict[str, Document]
    probed: ProbedPlans


def plans_of(lab: Lab, prober: Prober, case: Case) -> Plans:
    """Made both ways, and equal."""
    documents: dict[str, Document] = {}
    probed: ProbedPlans | None = None
    for situation, stack in lab.walk(case):
        probed = probed or ProbedPlans(prober, stack)
        exit_code, other = make_plan(stack), probed.plan()
        documents[situation.name] = plain = plan_document(stack)
        assert (situation.name, difference(plain, other.document)) == (situation.name, [])
        assert form_of(plain) == form_of(other.document)
        assert exit_code == other.exit_code
    assert probed is not None
    return Plans(documents, probed)


@pytest.mark.thorough(of="test_a_warm_plan_that_creates_every_type_says_what_a_plain_plan_says")
def test_a_warm_plan_of_every_type_says_what_a_plain_plan_says(lab: Lab, prober: Prober) -> None:
    plans = plans_of(lab, prober, TYPES)
    found = plans.documents
    assert actions_of(found[UNCHANGED.name]) == {}
    assert actions_of(found[CREATED.name]) == {name: {CREATE} for name in RESOURCES}
    assert actions_of(found[CHANGED.name]).keys() == RESOURCES - NEVER_CHANGED
    assert actions_of(found[TAINTED.name]) == {name: {REPLACE} for name in RESOURCES}
    assert actions_of(found[GONE.name]) == {name: {DELETE} for name in RESOURCES}
    assert plans.probed.asked("resource") == RESOURCES
    assert plans.probed.asked("data") == DATA_SOURCES


@pytest.mark.thorough(of="test_a_warm_plan_that_creates_every_type_says_what_a_plain_plan_says")
def test_a_warm_plan_of_modules_that_everybody_uses_says_what_a_plain_plan_says(
    lab: Lab, prober: Prober
) -> None:
    found = plans_of(lab, prober, MODULES).documents
    called = set(re.findall(r'^module "(\w+)"', (MODULES.folder / "main.tf").read_text(), re.MULTILINE))
    assert actions_of(found[UNCHANGED.name]) == FOUND_AGAIN
    assert modules_of(found[CREATED.name]) == called - {"no_vpc"}
    assert modules_of(found[CHANGED.name]) == called
    assert modules_of(found[TAINTED.name]) == called - {"no_vpc"}
