"""What a person is shown of what only an apply evaluates: where it works, what it reads; and no secret of it."""

from typing import Any

import pytest
from applied_documents import Case, refers
from plan_documents import change, document, resource

from runner.model.approval.differences import Difference, difference
from runner.model.evaluated.code import Code, Part, Snippet
from runner.model.evaluated.reading import ALONE, Around
from runner.model.plan.reading import read_plan
from runner.model.plan.text import render
from runner.model.secret.copies import NONE

Json = dict[str, Any]


def placed(around: Around = ALONE, value: Any = "eu-west-1", **expressions: Any) -> str:
    """The line that says where a plan works whose provider aws has these arguments."""
    provider = {"name": "aws", "full_name": "example.com/acme/aws", "expressions": expressions}
    made = {
        "address": "aws_thing.a",
        "mode": "managed",
        "type": "aws_thing",
        "name": "a",
        "provider_config_key": "aws",
    }
    plan = document(
        resource("aws_thing.a", change("create", None, {"n": 1})),
        configuration={
            "provider_config": {"aws": provider},
            "root_module": {"resources": [made], "variables": {"x": {}}},
        },
        variables={"x": {"value": value}},
    )
    text = render(read_plan(plan, NONE, around))
    return next((line.strip() for line in text.splitlines() if line.startswith("    aws: ")), "")


def coded(**arguments: str) -> Around:
    return Around(code=Code((Snippet((), Part.PROVIDER, "aws", arguments=tuple(arguments.items())),)))


def test_a_region_that_is_written_down_is_shown() -> None:
    assert placed(region={"constant_value": "eu-west-1"}) == "aws: eu-west-1"


def test_a_region_that_is_read_is_shown_with_where_it_is_from() -> None:
    assert placed(coded(region="var.x"), region=refers("var.x")) == "aws: eu-west-1 (var.x)"


def test_a_computed_region_is_shown_as_its_code_and_inputs() -> None:
    shown = placed(coded(region='"${var.x}-1"'), value="eu-west", region=refers("var.x"))
    assert shown == 'aws: region = "${var.x}-1" with var.x = "eu-west"'


def test_without_the_code_no_value_is_claimed() -> None:
    assert placed(region=refers("var.x")) == "aws: eu-west-1 (from var.x)"


def test_the_environment_says_what_the_code_leaves_open() -> None:
    around = Around(
        places={"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://there"}, account="111122223333"
    )
    assert placed(around) == (
        "aws: endpoint_url http://there (AWS_ENDPOINT_URL), us-east-1 (AWS_REGION), account 111122223333"
    )
    assert "us-east-1" not in placed(around, region={"constant_value": "eu-west-1"})


def test_the_account_of_a_role_is_the_one_that_counts() -> None:
    role = {"constant_value": "arn:aws:iam::444455556666:role/there"}
    shown = placed(Around(account="111122223333"), assume_role=[{"role_arn": role}])
    assert shown == "aws: role arn:aws:iam::444455556666:role/there, account 444455556666"


def test_a_dynamic_block_is_shown_as_its_code() -> None:
    shown = placed(coded(dynamic="assume_role { role_arn = var.x }"))
    assert shown == 'aws: dynamic = assume_role { role_arn = var.x } with var.x = "eu-west-1"'


def test_a_place_that_a_function_gives_is_shown_as_its_code() -> None:
    assert placed(coded(region='file("/etc/region")'), region={}) == 'aws: region = file("/etc/region")'
    assert placed(coded(password='file("/etc/password")'), password={}) == ""


@pytest.mark.parametrize("argument", ["password", "secret_key", "token"])
def test_a_secret_of_a_provider_is_not_shown(argument: str) -> None:
    for expression in (refers("var.x"), {"constant_value": "open-sesame"}):
        given: Json = {argument: expression}
        assert "open-sesame" not in placed(value="open-sesame", **given)
        assert "open-sesame" not in placed(value="open-sesame", login=[given])


def test_what_is_read_is_shown_once_however_many_read_it() -> None:
    plan = Case("command", "same", "data").plan("one")
    output = plan["configuration"]["root_module"]["resources"][-1]["provisioners"]
    output.append(output[0])
    text = render(read_plan(plan))
    assert text.count('data.test.s.a: "one"') == 1


def test_a_value_unknown_to_the_plan_is_shown_as_such() -> None:
    plan = Case("command", "same", "data").plan("one")
    plan["prior_state"] = {}
    assert "data.test.s.a: (known after apply)" in render(read_plan(plan))


def test_a_write_only_argument_is_named_with_what_it_is_made_of() -> None:
    plan = Case("nested write-only", "same", "data").plan("one")
    text = render(read_plan(plan))
    assert "Sets write-only arguments (1):\n  ! login.secret_wo of test.t\n" in text
    assert '"one"' not in text


def test_a_variable_marked_sensitive_in_the_code_is_masked_everywhere() -> None:
    plan = Case("command", "argument", "data").plan("open-sesame")
    plan["configuration"]["root_module"]["module_calls"]["a"]["module"]["variables"]["x"]["sensitive"] = True
    text = render(read_plan(plan))
    assert "open-sesame" not in text
    assert "data.test.s.a: (sensitive value)" in text


def test_the_reason_names_the_address_and_the_reference() -> None:
    def read(value: str) -> Any:
        return read_plan(Case("command", "same", "data").plan(value), mark=repr)

    assert difference(read("one"), read("other")) == Difference(
        "the command of test.t's provisioner is different now (data.test.s.a changed)", by_value=True
    )
    assert difference(read("one"), read("one")) == Difference("it would now do something else")


def test_a_plan_whose_changes_are_gone_is_only_called_another_one() -> None:
    again = read_plan(Case("command", "same", "data").plan("one"), mark=repr)
    assert difference(None, again) == Difference("it would now do something else")
