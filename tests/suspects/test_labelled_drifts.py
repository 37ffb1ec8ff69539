"""Who did it: the right one comes first, and nobody is accused wrongly with confidence."""

import json
import re
from functools import cache
from itertools import chain, combinations
from typing import Any

import pytest
from botocore.session import get_session
from labelled_drifts import ACCOUNT, REGION, RUNS, STACK, WINDOW, Case, cases, people, raw_cases

from runner.model.attribution.judge import judge
from runner.model.attribution.subject import subjects
from runner.model.suspects.actor import actor_of
from runner.model.suspects.record import changed

SURE = 80


def right(case: Case) -> bool:
    found = case.suspects()
    if case.actor is None:
        return not found or found[0].confidence < 50
    return bool(found) and found[0].actor == case.actor


def wrong(case: Case, *, complete: bool = True) -> list[Any]:
    return [
        (case.it, one.confidence, str(one.actor))
        for one in case.suspects(complete=complete)
        if one.actor != case.actor and one.confidence > SURE
    ]


def test_the_set_is_large_enough_and_has_every_form_of_identity() -> None:
    assert len(cases()) >= 60
    assert len({case.finding.type for case in cases()}) >= 25
    assert {case.who for case in cases()} >= people().keys() - {"run-of-this-stack"}
    assert sum(case.who == "nobody" for case in cases()) >= 6


def test_the_right_actor_comes_first_in_at_least_95_percent() -> None:
    missed = [(case.it, case.suspects()[:2]) for case in cases() if not right(case)]
    assert len(missed) <= len(cases()) * 0.05, missed


def test_no_wrong_actor_has_a_confidence_over_80_percent() -> None:
    assert list(chain.from_iterable(map(wrong, cases()))) == []


def test_a_trail_that_is_not_complete_yet_accuses_nobody_wrongly_either() -> None:
    """The call that did it comes late: those that are there already must not be blamed for it."""
    accused = []
    for case in cases():
        late = [one for one in case.records if actor_of(one["userIdentity"]) != case.actor]
        events = [event for one in late if (event := changed(one)) is not None]
        (subject,) = subjects([case.finding], ACCOUNT, [REGION])
        found = judge(subject, events, WINDOW, stack=STACK, runs=RUNS, complete=False)
        accused += [(case.it, one.confidence, str(one.actor)) for one in found if one.confidence > SURE]
    assert accused == []


@pytest.mark.parametrize(
    "case", [case for case in cases() if case.actor and not case.unsure], ids=lambda case: case.it
)
def test_where_the_trail_says_it_clearly_the_suspect_is_named_with_confidence(case: Case) -> None:
    first = case.suspects()[0]
    assert (first.actor, first.confidence > SURE) == (case.actor, True), case.suspects()
    assert len(first.reasons) >= 2


@pytest.mark.parametrize("case", [case for case in cases() if case.unsure], ids=lambda case: case.it)
def test_where_several_people_fit_or_the_call_says_little_nobody_is_named_with_confidence(case: Case) -> None:
    assert case.suspects()[0].confidence <= SURE


def test_calls_of_other_drifts_accuse_nobody() -> None:
    """Every drift beside the trails of all others, which are about other resources."""
    accused = []
    for case in cases():
        (subject,) = subjects([case.finding], ACCOUNT, [REGION])
        others = [one for other in cases() if other is not case for one in other.records]
        events = [
            event for one in others if (event := changed(one | {"eventID": json.dumps(one)})) is not None
        ]
        found = judge(subject, events, WINDOW, stack=STACK, runs=RUNS)
        accused += [(case.it, one.event, one.confidence, one.reasons) for one in found if one.confidence > 20]
    assert accused == []


# How CloudTrail and the models call the same.
MODELS = {
    "elasticloadbalancing": "elbv2", "monitoring": "cloudwatch", "states": "stepfunctions", "tagging": "resourcegroupstaggingapi",
}  # fmt: skip
OPERATIONS = {"PutBucketPublicAccessBlock": "PutPublicAccessBlock"}
WRAPPED = {
    "s3": {"bucketname", "policy", "versioning"},
    "ec2": {"resourcesset", "tagset", "securitygroupidset", "instancesset"},
}


def test_calls_are_real_ones_with_parameters_of_the_models() -> None:
    """Shapes are not invented: each call and each of its parameters is in the service's model."""
    session, unknown = get_session(), []

    @cache
    def model(service: str) -> Any:
        return session.get_service_model(MODELS.get(service, service))

    for call in (call for raw in raw_cases() for call in raw["trail"]):
        service, name = call["call"].split()
        operation = re.sub(r"20[0-9]{2}.*", "", OPERATIONS.get(name, name))
        if operation not in model(service).operation_names:
            unknown.append(call["call"])
            continue
        members = {one.lower() for one in model(service).operation_model(operation).input_shape.members}
        members |= WRAPPED.get(service, set())
        whole = call["request"].get(f"{name}Request", call["request"])
        unknown += [f"{call['call']}.{key}" for key in whole if key.lower() not in members]
    assert unknown == []


def test_what_one_resource_has_to_do_with_another_does_not_depend_on_the_order() -> None:
    for case in cases():
        (subject,) = subjects([case.finding], ACCOUNT, [REGION])
        events = [event for one in case.records if (event := changed(one)) is not None]
        orders = (events, events[::-1])
        first, second = (judge(subject, order, WINDOW, stack=STACK, runs=RUNS) for order in orders)
        assert [one.event_id for one in first] == [one.event_id for one in second]


def test_no_two_of_the_cases_are_about_one_resource() -> None:
    for one, other in combinations(cases(), 2):
        assert (one.finding.type, one.finding.names) != (other.finding.type, other.finding.names)
