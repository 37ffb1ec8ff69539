"""What a source allows its stacks, and the environment that none of them may touch."""

import json
from typing import Any

import pytest

from runner.config.environment import DENIED, FREE, denial
from runner.config.stack_file import StackFileReader
from runner.model.settings.source import Allow
from runner.ports.files import StackFiles

ROLE = "arn:aws:iam::111122223333:role/driftline-plan"


def messages(stack: dict[str, Any], allow: Allow, required: int = 1) -> list[str]:
    reader: StackFiles = StackFileReader(required_approvals=required)
    stacks, problems = reader.read("stack.yaml", json.dumps({"name": "x", **stack}).encode(), allow)
    assert bool(stacks) != bool(problems)
    return [problem.message for problem in problems]


def test_an_engine_that_the_source_does_not_allow_is_refused() -> None:
    assert messages({"engine": "tofu"}, Allow()) == []
    shown = messages({"engine": "tofu"}, Allow(engines=("terraform",)))
    assert shown == ['engine: the source\'s allow.engines (terraform) does not allow it, got "tofu"']


def test_without_allowed_roles_no_role_may_be_named() -> None:
    assert messages({"aws": {"plan_role": ROLE}}, Allow(aws_roles=("arn:aws:iam::1111*:role/drift*",))) == []
    (shown,) = messages({"aws": {"plan_role": ROLE}}, Allow())
    assert shown.startswith("aws.plan_role: the source's allow.aws_roles (none) does not allow it")


def test_allowed_roles_are_compared_letter_by_letter() -> None:
    assert messages({"aws": {"apply_role": ROLE}}, Allow(aws_roles=(ROLE.upper(),)))


def test_the_environment_is_bounded_where_the_source_says_so() -> None:
    assert messages({"env": {"ANY": "x", "TF_VAR_a": "x"}}, Allow()) == []
    shown = messages({"env": {"APP_A": "x", "OTHER": "x"}}, Allow(env=("APP_*",)))
    assert shown == ["env.OTHER: the source's allow.env (APP_*) does not allow it"]


def test_an_allowed_glob_never_opens_what_is_denied() -> None:
    assert messages({"env": {"LD_PRELOAD": "x", "TF_CLI_ARGS": "x"}}, Allow(env=("*",)))


def test_approvals_may_be_raised() -> None:
    assert messages({"apply": {"approvals": 3}}, Allow(), required=2) == []


@pytest.mark.parametrize("approvals", [0, 1])
def test_approvals_may_not_be_lowered(approvals: int) -> None:
    assert messages({"apply": {"approvals": approvals}}, Allow(), required=2)


def test_approvals_may_be_lowered_where_the_source_says_so() -> None:
    assert messages({"apply": {"approvals": 0}}, Allow(lower_approvals=True), required=2) == []


def test_automatic_applies_are_a_matter_of_the_stack() -> None:
    assert messages({"apply": {"mode": "automatic"}}, Allow()) == []


@pytest.mark.parametrize("glob", [glob for glob, _ in DENIED])
def test_every_row_of_the_table_denies(glob: str) -> None:
    name = glob.replace("*", "X")
    assert denial(name)
    assert denial(name.lower())


@pytest.mark.parametrize("glob", FREE)
def test_what_is_free_is_free(glob: str) -> None:
    assert denial(glob.replace("*", "x")) is None


@pytest.mark.parametrize(
    "name", ["FOO", "APP_PATH", "DATABASE_URL", "GOLD", "MY_HOME", "TFVAR", "KUBECONFIG"]
)
def test_a_harmless_name_is_not_denied(name: str) -> None:
    assert denial(name) is None


def test_a_stack_beside_a_broken_one_is_taken() -> None:
    content = b"name: a\nenv: {PATH: x}\n---\nname: b\n"
    stacks, problems = StackFileReader().read("stack.yaml", content, Allow())
    assert [stack.name for stack in stacks] == ["b"]
    assert [problem.stack for problem in problems] == ["a"]


def test_the_name_of_a_stack_is_known_even_if_the_rest_is_unreadable() -> None:
    _, problems = StackFileReader().read("stack.yaml", b"name: a\nlabels: {b: [\n", Allow())
    assert [problem.stack for problem in problems] == ["a"]


def test_rules_are_reported_together_with_wrong_types() -> None:
    content = b'name: x\nparallelism: "many"\nenv: {PATH: x}\ndrift: {confirm: 99, ignore: [{address: 1, reason: x}]}\n'
    _, problems = StackFileReader().read("stack.yaml", content, Allow())
    assert [problem.message.partition(":")[0] for problem in problems] == [
        "parallelism",
        "env.PATH",
        "drift.confirm",
        "drift.ignore[0].address",
    ]
