"""That probes say what plain plans say, in stacks where plain plans find exactly what was done."""

import os
import shutil

import pytest
from case_aws import AWS
from case_cloudfile import CLOUDFILE
from plan_difference import difference
from probe_case import Case, found
from probe_lab import PLAN_FILE, Lab, make_plan, plan_document
from probed_plan import ProbedPlans

from runner.probe.prober import Prober

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on PATH")

# A case is one test, since bringing it up costs as much as three plans of it.
every_case = pytest.mark.parametrize(
    "case",
    [
        pytest.param(AWS, marks=[pytest.mark.aws, pytest.mark.thorough], id=AWS.name),
        pytest.param(CLOUDFILE, id=CLOUDFILE.name),
    ],
)
# Nothing that the project does is tested by it, and it costs twice as much as the other one.
twice = pytest.mark.skipif(
    not os.environ.get("DRIFTLINE_TEST_TWICE"), reason="DRIFTLINE_TEST_TWICE is not set: only for new cases"
)


@every_case
def test_a_probe_says_what_a_plain_plan_says(lab: Lab, case: Case, prober: Prober) -> None:
    probed: ProbedPlans | None = None
    for situation, stack in lab.walk(case):
        probed = probed or ProbedPlans(prober, stack)
        exit_code, other, expected = make_plan(stack), probed.plan(), case.finds(situation)
        plain = probed.document(PLAN_FILE)
        assert (situation.name, found(plain)) == (situation.name, expected)
        assert (situation.name, difference(plain, other.document)) == (situation.name, [])
        assert exit_code == other.exit_code == expected.exit_code
    # Showing a plan is a function of it and of the schemas of all that is in the state, which no situation changes.
    assert difference(plan_document(stack), plain) == []


@twice
@every_case
def test_two_plain_plans_say_the_same(lab: Lab, case: Case) -> None:
    for situation, stack in lab.walk(case):
        (one, shown), (other, also_shown) = ((make_plan(stack), plan_document(stack)) for _ in range(2))
        assert (situation.name, difference(shown, also_shown)) == (situation.name, [])
        assert one == other
