"""Who made a call, from what CloudTrail says of them."""

from typing import Any

import pytest
from labelled_drifts import people

from runner.model.suspects.actor import Kind, actor_of
from runner.model.suspects.tool import tool_of

SAID = {
    "ana": (Kind.USER, "ana"),
    "ops-bot": (Kind.USER, "ops-bot"),
    "bo": (Kind.SSO, "bo@example.com (SSO AdminAccess)"),
    "cleo": (Kind.ROLE, "emergency (role oncall, source identity cleo)"),
    "pipeline": (Kind.ROLE, "GitHubActions (role deploy)"),
    "root": (Kind.ROOT, "root of account 111122223333"),
    "scaling": (Kind.SERVICE, "AWS service autoscaling.amazonaws.com"),
    "service": (Kind.SERVICE, "AWS service rds.amazonaws.com"),
    "cloudformation": (Kind.ROLE, "AWSCloudFormation (role cfn-exec)"),
    "partner": (Kind.ACCOUNT, "account 777788889999"),
    "dee": (Kind.SSO, "11112222-3333-4444-5555-666677778888 (SSO Identity Center)"),
    "own-run": (Kind.ROLE, "driftline-run-12 (role driftline-apply)"),
    "run-of-this-stack": (Kind.ROLE, "driftline-run-30 (role driftline-apply)"),
    "strange-run": (Kind.ROLE, "driftline-run-12345 (role dev)"),
}


@pytest.mark.parametrize("name", SAID)
def test_each_form_of_identity_says_who_it_is(name: str) -> None:
    actor = actor_of(people()[name]["userIdentity"])
    assert (actor.kind, str(actor)) == SAID[name]


def test_every_identity_of_the_labelled_set_is_told_apart() -> None:
    assert SAID.keys() == people().keys()
    assert len({actor_of(one["userIdentity"]) for one in people().values()}) == len(people())


@pytest.mark.parametrize(
    "identity",
    [
        None,
        {},
        [],
        "root",
        {"type": "NewForm"},
        {"type": 7},
        {"type": "AssumedRole"},
        {"type": "IAMUser", "userName": {}},
    ],
)
def test_an_identity_that_is_not_understood_is_never_a_known_person(identity: Any) -> None:
    actor = actor_of(identity)
    assert actor.kind in {Kind.UNKNOWN, Kind.USER, Kind.ROLE}
    assert actor.run is None


def test_only_the_session_of_a_role_is_taken_for_a_run() -> None:
    assert actor_of({"type": "IAMUser", "userName": "driftline-run-12"}).run is None
    assert actor_of(people()["own-run"]["userIdentity"]).run == "run-12"


@pytest.mark.parametrize(
    ("agent", "tool"),
    [
        ("APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) aws-sdk-go-v2/1.3", "Terraform"),
        ("aws-cli/2.17.0 md/awscrt", "AWS CLI"),
        ("[S3Console/0.4, aws-internal/3]", "console"),
        ("Mozilla/5.0 (X11)", "console"),
        ("Boto3/1.35", "boto3"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_the_user_agent_tells_the_tool(agent: str, tool: str) -> None:
    assert tool_of(agent) == tool


def test_a_service_that_calls_for_somebody_is_the_tool() -> None:
    assert tool_of("aws-cli/2", on_behalf="cloudformation.amazonaws.com") == "cloudformation.amazonaws.com"
    assert tool_of("curl/8", console=True) == "console"
