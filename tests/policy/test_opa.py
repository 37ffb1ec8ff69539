"""The engine `opa`, on a stand-in that answers as `opa eval --format json` of version 1.4 does (no package ships opa)."""

import json
import os
from pathlib import Path

import pytest

from runner.model.policy.answer import Answer
from runner.model.policy.material import PolicyFile, PolicyMaterial
from runner.model.values.span import Seconds
from runner.policy import opa
from runner.policy.engines import engine
from runner.policy.evaluation import Evaluation

V1 = 'package main\n\nimport rego.v1\n\ndeny contains "no" if input.a == 1\n'
V0 = 'package main\n\ndeny[m] { input.a == 1; m := "no" }\n'
ANSWER = {"result": [{"expressions": [{"value": True}], "bindings": {"answer": {"deny": [["no"]]}}}]}
ERROR = {
    "errors": [
        {
            "message": "var x is unsafe",
            "code": "rego_unsafe_var_error",
            "location": {"file": "PLACE/modules/a.rego", "row": 3, "col": 9},
        }
    ]
}


class StandIn:
    """An executable on PATH: says its answer, and keeps its arguments."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.says(ANSWER)

    def says(self, answer: object, code: int = 0, *, more: str = "") -> None:
        text = answer if isinstance(answer, str) else json.dumps(answer)
        (self.folder / "answer").write_text(text)
        program = self.folder / "opa"
        program.write_text(
            f'#!/bin/sh\n{more}\necho "$@" > {self.folder}/arguments\n'
            f'sed "s|PLACE|$(dirname "$6")|" {self.folder}/answer\nexit {code}\n'
        )
        program.chmod(0o755)

    @property
    def arguments(self) -> str:
        return (self.folder / "arguments").read_text()


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    found = StandIn(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    return found


def judge(tmp_path: Path, source: str = V1, *, plan: str = '{"a": 1}', seconds: float = 20) -> Answer:
    place = tmp_path / "place"
    place.mkdir()
    (tmp_path / "plan.json").write_text(plan)
    material = PolicyMaterial("p", (PolicyFile("a.rego", source),), engine="opa", timeout=Seconds(seconds))
    # Unconfined, so that the stand-in can keep its arguments.
    evaluation = Evaluation(lambda _read, _write: None)
    return evaluation.judge(material, tmp_path / "plan.json", {"stack": {"name": "s"}}, place)


def test_auto_takes_opa_where_it_is(stand_in: StandIn) -> None:
    assert engine("auto") is opa


def test_its_answer_is_read(stand_in: StandIn, tmp_path: Path) -> None:
    assert judge(tmp_path) == Answer(("no",))
    assert "eval --format json --strict-builtin-errors" in stand_in.arguments
    assert "--v0-compatible" not in stand_in.arguments
    document = json.loads((tmp_path / "place" / "input.json").read_text())
    assert document == {"a": 1, "stack": {"name": "s"}}


def test_rego_of_v0_is_evaluated_as_such(stand_in: StandIn, tmp_path: Path) -> None:
    judge(tmp_path, V0)
    assert "--v0-compatible" in stand_in.arguments


def test_its_errors_have_their_place(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.says(ERROR, 2)
    assert judge(tmp_path).denials == ("it cannot be evaluated: a.rego:3:9: var x is unsafe",)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("", 0),
        ("{}", 0),
        ("[]", 0),
        ('{"result": []}', 0),
        ("nonsense", 1),
        (ANSWER, 1),
        ('{"result": [{}]}', 0),
    ],
)
def test_no_answer_is_a_denial(stand_in: StandIn, tmp_path: Path, answer: object, code: int) -> None:
    stand_in.says(answer, code)
    assert judge(tmp_path).denials


def test_a_hanging_opa_is_a_denial(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.says(ANSWER, more="sleep 60")
    assert "it took longer than 1 s" in judge(tmp_path, seconds=1).denials[0]


@pytest.mark.parametrize("name", ["http.send", "net.lookup_ip_addr", "opa.runtime"])
@pytest.mark.parametrize("use", ["{}({{}})", "f with f as {}"])
def test_built_ins_that_reach_out_are_refused_wherever_they_are_written(
    stand_in: StandIn, tmp_path: Path, name: str, use: str
) -> None:
    source = f'package main\n\nimport rego.v1\n\ndeny contains "x" if {use.format(name)}\n'
    assert f"policies may not use {name}" in judge(tmp_path, source).denials[0]


def test_without_opa_it_is_a_denial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert judge(tmp_path).denials == ("it cannot be evaluated: opa is not on PATH",)
