"""A large plan is read outside of the daemon within limits, and nothing of it in clear is left behind."""

import dataclasses

import pytest
from engine_world import World, needs_terraform

from runner.engine import document
from runner.engine.state import mark as state_mark
from runner.model.execution.plan_report import Question, report_of
from runner.model.plan.form import form_of
from runner.ports.engine import EngineError, Planned

pytestmark = needs_terraform
QUESTION = Question(key="00" * 32)
SECRET = "canary-of-a-large-plan"
LARGE = f"""
variable "word" {{ default = "one" }}
variable "key" {{
  default   = "{SECRET}"
  sensitive = true
}}
resource "terraform_data" "a" {{ input = "${{var.word}}${{var.key}}" }}
output "o" {{ value = join("", [for i in range(100) : "0123456789"]) }}
"""


@pytest.fixture
def large(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Its plan counts as a large one."""
    monkeypatch.setattr(document, "AT_HAND", 100)
    monkeypatch.setattr("runner.engine.plan.AT_HAND", 100)
    world.write({"main.tf": LARGE})
    return world


def read(planned: Planned) -> object:
    assert planned.apart is not None
    assert planned.document is None
    return planned.apart(QUESTION)


def left(world: World) -> set[str]:
    assert world.last is not None
    return {path.name for path in world.last.workspace.control.iterdir()}


def test_it_says_the_same_as_a_small_one(world: World, large: World, monkeypatch: pytest.MonkeyPatch) -> None:
    apart = read(large.planned())
    assert isinstance(apart, tuple)
    monkeypatch.undo()
    plain = world.planned().document
    assert plain is not None
    assert apart[0] == report_of(plain, QUESTION)[0]
    assert SECRET in apart[0].sensitive
    assert SECRET.encode() not in apart[1]


def test_its_form_is_that_of_the_same_document_read_here(
    large: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = large.planned()
    assert planned.apart is not None
    form = planned.apart.form()
    assert form == planned.apart.form()  # the document stays
    monkeypatch.undo()
    plain = large.planned().document
    assert plain is not None
    assert form == form_of(plain)


def test_nothing_of_what_was_asked_and_answered_stays(large: World) -> None:
    read(large.planned())
    assert not left(large) & {"show.jsonl", "question.json", "answer.json", "masked.json"}


def test_reading_ends_at_its_deadline(large: World) -> None:
    planned = large.planned()
    assert isinstance(planned.apart, document.Document)
    late = dataclasses.replace(planned.apart, seconds=0.0)(QUESTION)
    assert isinstance(late, EngineError)
    assert late.timed_out
    assert "show.jsonl" not in left(large)


def test_reading_ends_when_the_run_is_canceled(large: World) -> None:
    planned = large.planned()
    large.cancel.set()
    ended = read(planned)
    assert isinstance(ended, EngineError)
    assert ended.canceled


def test_a_reader_that_runs_out_of_memory_fails_its_run_and_nothing_else(
    large: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.engine.read_in_child.MIN_MEMORY", 1)
    monkeypatch.setattr("runner.engine.read_in_child.WIDE", 0)
    large.write(
        {"main.tf": LARGE.replace("range(100)", "range(1000)").replace('"0123456789"', f'"{"x" * 1000}"')}
    )
    ended = read(large.planned())
    assert isinstance(ended, EngineError)
    assert "split the stack" in ended.diagnostics[0].summary


def test_a_document_that_is_not_understood_is_reported_as_such(large: World) -> None:
    planned = large.planned()
    assert large.last is not None
    (large.last.workspace.control / "show.jsonl").write_text("[" * 200_000)
    ended = read(planned)
    assert isinstance(ended, EngineError)
    assert "did not return its documented JSON" in ended.diagnostics[0].summary


def test_a_large_state_is_measured_apart_with_the_same_result(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.applied(world.planned())
    world.write({"main.tf": LARGE})
    plain = world.planned().facts
    assert plain.serial is not None
    monkeypatch.setattr(state_mark, "AT_HAND", 10)
    assert world.planned().facts == plain
