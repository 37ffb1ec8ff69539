"""That probes say what plain plans say, in stacks where plain plans find exactly what was done."""

import os
import shutil

import pytest
from aws_cases import AWS_CASES
from case_cloudfile import CLOUDFILE
from plan_difference import difference
from probe_case import Case, found
from probe_lab import Lab, plan_document
from probed_plan import ProbedPlans

from runner.probe.prober import Prober

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on PATH")

# A case is one test, since bringing it up costs as much as three plans of it.
every_case = pytest.mark.parametrize(
    "case",
    [
        *(pytest.param(case, marks=pytest.mark.aws, id=case.name) for case in AWS_CASES),
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
        plain, other, expected = plan_document(stack, {}), probed.plan(), case.finds(situation)
        assert (situation.name, found(plain.document)) == (situation.name, expected)
        assert (situation.name, difference(plain.document, other.document)) == (situation.name, [])
        assert plain.exit_code == other.exit_code == expected.exit_code


@twice
@every_case
def test_two_plain_plans_say_the_same(lab: Lab, case: Case) -> None:
    for situation, stack in lab.walk(case):
        one, other = plan_document(stack, {}), plan_document(stack, {})
        assert (situation.name, difference(one.document, other.document)) == (situation.name, [])
        assert one.exit_code == other.exit_code
