"""A policy that cannot be evaluated, for whatever reason, denies within its limits."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from runner.engine.sandbox_policy import SandboxPolicy
from runner.model.policy.answer import Answer
from runner.model.policy.material import PolicyFile, PolicyMaterial
from runner.model.policy.question import Failure
from runner.model.settings.server import Settings
from runner.model.values.span import Seconds
from runner.policy.evaluation import Evaluation

HEAD = "package main\n\n"
HUGE = HEAD + 'deny[m] { x := numbers.range(1, 100000000); count(x) > 1; m := sprintf("%v", [x]) }'
ENDLESS = HEAD + 'deny[m] { x := numbers.range(1, 20000); y := x[_]; z := x[_]; y * z < 0; m := "never" }'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "place"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def evaluation(place: Path) -> Evaluation:
    policy = SandboxPolicy(Settings(data_dir=place.parent), (), {"PATH": "/usr/bin:/bin"}, {"HOME": "/root"})
    return Evaluation(policy.apart)


def material(source: str, *, seconds: float = 20, **files: str) -> PolicyMaterial:
    texts = {"a.rego": source, **{f"{name}.rego": text for name, text in files.items()}}
    return PolicyMaterial(
        "p", tuple(PolicyFile(*one) for one in texts.items()), engine="regopy", timeout=Seconds(seconds)
    )


def judge(
    evaluation: Evaluation, place: Path, source: str, plan: Any = None, *, seconds: float = 20, **files: str
) -> Answer:
    file = place / "plan.json"
    file.write_text(plan if isinstance(plan, str) else json.dumps({"a": 1} if plan is None else plan))
    return evaluation.judge(material(source, seconds=seconds, **files), file, {"stack": {"name": "s"}}, place)


def test_the_plan_and_what_driftline_adds_are_the_input(evaluation: Evaluation, place: Path) -> None:
    source = HEAD + 'deny[m] { m := sprintf("%v %v", [input.a, input.stack.name]) }'
    assert judge(evaluation, place, source) == Answer(("1 s",))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (HEAD + "deny[m] { input.a == ; m := 1 }", "a.rego:3:19: Invalid boolean operator"),
        (HEAD + "deny[m] { input.a", 'a.rego:3:9: "{" is never closed'),
        (
            HEAD + 'deny[m] { http.send({"url": "http://127.0.0.1"}); m := "x" }',
            'no built-in function "http.send"',
        ),
        (HEAD + 'deny[m] { not net.cidr_contains("10.0.0.0/8", "1.1.1.1"); m := "x" }', "net.cidr_contains"),
        (HEAD + 'deny[m] { frobnicate(1); m := "x" }', 'no built-in function "frobnicate"'),
        (HEAD + 'deny[m] { resourse.type == "a"; m := "x" }', 'variable "resourse" is never given a value'),
        (HEAD + 'deny[m] { to_number("a") > 1; m := "x" }', "deny cannot be evaluated"),
        (HEAD + "approvals = 2 { true }\napprovals = 3 { true }", "approvals cannot be evaluated"),
        (HEAD + "f(x) = y { y := f(x) }\ndeny[m] { m := f(1) }", "Recursion"),
        (HEAD + "import data.lib\ndeny[m] { m := lib.g(1) }", "Function not found: data.lib.g"),
        (HEAD + "deny := 7", "deny has the value a number"),
        (HEAD + 'deny[m] { m := {"text": "x"} }', "without a text msg"),
        (HEAD + 'approvals := "two"', "approvals has the value a text"),
        ("package other\n\ndeny[m] { m := 1 }", "no deny, violation, warn or approvals in package main"),
        ("", "expected a package first"),
    ],
)
def test_a_policy_that_cannot_be_evaluated_denies_with_the_reason(
    evaluation: Evaluation, place: Path, source: str, reason: str
) -> None:
    answer = judge(evaluation, place, source)
    assert reason in "; ".join(answer.denials)


@pytest.mark.parametrize("plan", ["{", "[]", '{"stack": {}}'])
def test_a_plan_that_cannot_be_its_input_is_denied(evaluation: Evaluation, place: Path, plan: str) -> None:
    assert judge(evaluation, place, HEAD + "deny[m] { false; m := 1 }", plan).denials


def test_an_endless_policy_ends_at_its_timeout(evaluation: Evaluation, place: Path) -> None:
    assert "it took longer than 1 s" in judge(evaluation, place, ENDLESS, seconds=1).denials[0]


def test_a_policy_may_not_use_all_memory(evaluation: Evaluation, place: Path) -> None:
    assert "512 MiB of memory" in judge(evaluation, place, HUGE).denials[0]


def test_a_policy_may_not_write_without_end(evaluation: Evaluation, place: Path) -> None:
    source = HEAD + f'deny[m] {{ m := concat("", ["{"x" * 10000}" | numbers.range(1, 600)[_]]) }}'
    [reason] = judge(evaluation, place, source).denials
    assert "its messages exceed 4 MiB" in reason


def test_what_a_policy_prints_is_not_its_answer(evaluation: Evaluation, place: Path) -> None:
    source = HEAD + 'deny[m] { print("{\\"values\\": {}}"); m := "x" }'
    assert judge(evaluation, place, source) == Answer(("x",))


def test_a_policy_sees_none_of_the_environment(
    evaluation: Evaluation, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    source = HEAD + 'deny[m] { m := sprintf("%v", [opa.runtime().env]) }'
    assert "s3cret" not in str(judge(evaluation, place, source))


@pytest.mark.parametrize("value", ["a\0b", 1 << 70, -(1 << 70)])
def test_no_value_of_a_plan_is_cut(evaluation: Evaluation, place: Path, value: Any) -> None:
    """regopy's faster way in ends texts at a NUL and has integers of 64 bits."""
    source = HEAD + f'deny[m] {{ input.a != {json.dumps(value)}; m := "differs" }}\nwarn[m] {{ m := "read" }}'
    assert judge(evaluation, place, source, {"a": value}) == Answer((), ("read",))


@pytest.mark.parametrize("text", ['say "hi"', "C:\\new", "two\nlines", "é", '{"a": 1}'])
def test_texts_of_a_plan_equal_those_of_a_policy(evaluation: Evaluation, place: Path, text: str) -> None:
    source = (
        HEAD
        + f'deny[m] {{ input.a == {json.dumps(text)}; m := sprintf("%s is %s", [lower("IT"), input.a]) }}'
    )
    assert judge(evaluation, place, source, {"a": text}).denials == (f"it is {text}",)


def test_a_formatted_text_equals_the_same_text(evaluation: Evaluation, place: Path) -> None:
    source = (
        HEAD
        + 'names = {"vpc main"}\ndeny[m] { names[sprintf("%s %s", [lower("VPC"), input.a])]; m := "found" }'
    )
    assert judge(evaluation, place, source, {"a": "main"}) == Answer(("found",))


def test_a_set_of_rego_v0_is_iterated_by_its_elements(evaluation: Evaluation, place: Path) -> None:
    source = HEAD + 'found[r] { r := input.a[_] }\ndeny[m] { r := found[_]; r.type == "x"; m := r.name }'
    assert judge(evaluation, place, source, {"a": [{"type": "x", "name": "n"}]}) == Answer(("n",))


def test_a_canceled_run_does_not_wait_for_its_policies(evaluation: Evaluation, place: Path) -> None:
    file = place / "plan.json"
    file.write_text("{}")
    cancel = threading.Event()
    cancel.set()
    answer = evaluation.judge(material(ENDLESS), file, {}, place, cancel)
    assert "stopped on request" in answer.denials[0]


def test_tests_run_as_opa_runs_them(evaluation: Evaluation, place: Path) -> None:
    source = HEAD + 'deny[m] { input.a == 1; m := "x" }\nbroken { to_number("a") }'
    source += '\ndeny[m] { odd; m := "odd" }\nodd { lower(input.b) == "x" }'
    tests = (
        HEAD + 'test_asks_another_rule { deny["odd"] with input as {"b": "X"} }\n'
        'test_denies { deny["x"] with input as {"a": 1} }\n'
        'test_passes { count(deny) == 1 with input as {"a": 2} }\ntest_broken { broken }'
    )
    assert evaluation.tests(material(source, a_test=tests), place) == {
        "main.test_asks_another_rule": True,
        "main.test_denies": True,
        "main.test_passes": False,
        "main.test_broken": None,
    }


def test_tests_of_an_unreadable_policy_are_no_success(evaluation: Evaluation, place: Path) -> None:
    assert isinstance(evaluation.tests(material(HEAD + "test_a { "), place), Failure)
