"""What engines said is read, whatever else newer ones say beside it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from recorded.recording import Recording, recordings

from runner.engine.json_output import NEEDS_INIT, STALE, STATE_LOCKED, JsonOutput
from runner.engine.redaction import Redaction
from runner.model.code.engines import ENGINES
from runner.model.plan.reading import parse_document, read_plan

COMMANDS = ("init", "plan", "apply")
# What these scenarios are refused with.
REFUSALS = {"stale-plan": ("apply", STALE), "needs-init": ("plan", NEEDS_INIT)}
PLANS = [one for one in recordings() if one.document is not None]
NEWER: dict[str, Any] = {"said_since": {"nightly": [1, None, {"deep": "er"}]}}
UNKNOWN = json.dumps({"@level": "info", "@message": "said since", "type": "nightly_event", "hook": []})


def read(one: Recording, lines: Iterator[str]) -> JsonOutput:
    output = JsonOutput(Redaction(), ENGINES[one.engine].version_key)
    for line in lines:
        list(output.feed(line))
    return output


def lines(one: Recording, command: str) -> Iterator[str]:
    yield from one.said(command).splitlines()


def with_more(one: Recording, command: str) -> Iterator[str]:
    """The same with fields in every object, and messages of a type, that no engine has yet."""
    for message in one.messages(command):
        yield UNKNOWN
        yield json.dumps(extended(message))


def extended(value: Any) -> Any:
    match value:
        case {"type": "outputs", "outputs": outputs, **rest}:  # whose names are the code's
            return {**extended(rest), "type": "outputs", "outputs": outputs}
        case dict():
            return {**{name: extended(part) for name, part in value.items()}, **NEWER}
        case list():
            return [extended(part) for part in value]
        case _:
            return value


def facts(output: JsonOutput) -> dict[str, Any]:
    """All that it has read."""
    left_out = {"redaction", "other_lines"}
    return {name: value for name, value in vars(output).items() if name not in left_out}


def said(one: Recording) -> list[str]:
    """The commands of which there is a stream."""
    return [command for command in COMMANDS if one.messages(command)]


@pytest.mark.parametrize("one", recordings(), ids=str)
def test_everything_that_an_engine_says_is_read(one: Recording) -> None:
    for command in said(one):
        output = read(one, lines(one, command))
        assert output.answered == f"{one.engine} {one.version}"
        assert output.other_lines == 0
        errors = [found for found in output.diagnostics if found.severity == "error"]
        assert bool(errors) == (one.exit_code(command) not in {0, 2})
        assert all(found.summary for found in output.diagnostics)


@pytest.mark.parametrize("one", recordings(), ids=str)
def test_what_newer_engines_say_besides_changes_nothing(one: Recording) -> None:
    for command in said(one):
        assert facts(read(one, with_more(one, command))) == facts(read(one, lines(one, command)))


@pytest.mark.parametrize("one", PLANS, ids=str)
def test_what_newer_engines_add_to_a_plan_changes_nothing_of_how_it_is_read(one: Recording) -> None:
    document = parse_document(one.document or b"")
    changes = [
        {**entry, **NEWER, "change": {**entry["change"], **NEWER}}
        for entry in document.get("resource_changes", ())
    ]
    assert read_plan({**document, **NEWER, "resource_changes": changes}) == read_plan(document)


@pytest.mark.parametrize("one", recordings("state-locked"), ids=str)
def test_the_holder_of_a_lock_is_read_from_every_engine(one: Recording) -> None:
    output = read(one, lines(one, "apply"))
    assert output.says(STATE_LOCKED)
    lock = output.lock
    assert lock is not None
    assert (lock.operation, lock.who, lock.path) == ("OperationTypeApply", "root@host", "terraform.tfstate")
    assert lock.version == one.version.partition("-")[0]
    assert len(lock.id) == len("9db590f1-b6fe-07a7-8fa9-58e7e54c798b")
    assert lock.created.endswith("+0000 UTC")


@pytest.mark.parametrize("one", [one for name in REFUSALS for one in recordings(name)], ids=str)
def test_a_refusal_is_known_in_the_words_of_every_engine(one: Recording) -> None:
    command, known = REFUSALS[one.scenario]
    assert read(one, lines(one, command)).says(known)
