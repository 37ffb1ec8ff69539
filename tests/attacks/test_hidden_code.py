"""Code that terraform reads and a scanner may overlook: with a yes to every plan, it is not run."""

import json

import pytest
from attack_world import Arena

from runner.config.stack_file import StackFileReader
from runner.errors import GitFailed
from runner.model.code.identity import state_identity
from runner.model.code.module import LARGEST
from runner.model.settings.source import Allow
from runner.service.discovery.discover import Discoverer

COMMAND = 'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "{pwn}"\n  }\n}\n'
BETWEEN_HEREDOCS = (
    'locals {\n a = <<EOT\nx\n%sEOT\n}\nmodule "m" {\n source = "./sub"\n}\nlocals {\n b = <<EOT\nEOT\n}\n'
)


@pytest.fixture
def arena(arena: Arena) -> Arena:
    """Without the kernel, which would keep what runs from leaving its mark."""
    configuration = json.loads(arena.config.read_text())
    arena.config.write_text(json.dumps({**configuration, "executor": {"confine": "never"}}))
    return arena


def allow_commands(arena: Arena) -> None:
    configuration = json.loads(arena.config.read_text())
    configuration["sources"][0]["allow"] = {"provisioners": True}
    arena.config.write_text(json.dumps(configuration))


def attempt(arena: Arena, files: dict[str, str]) -> None:
    """Everything that could make it run: discovery, a plan, a yes to it, an apply."""
    arena.push({"files": files})
    planned = arena.run("plan", "a", "-o", "json", expect=None)
    if planned.exit_code in {0, 2}:
        run = json.loads(planned.stdout)[0]
        arena.run("approve", run["id"], "--digest", str(run["plan_digest"])[:12], "--yes", expect=None)
        arena.run("apply", run["id"], expect=None)
    arena.unharmed()


@pytest.mark.parametrize("name", ["~x.tf", "#x.tf", "x\ny.tf", "~x.tf.json"])
def test_a_command_in_a_file_with_an_odd_name_is_not_run(arena: Arena, name: str) -> None:
    in_json = '{"resource":{"terraform_data":{"x":{"provisioner":{"local-exec":{"command":"{pwn}"}}}}}}'
    attempt(arena, {f"a/{name}": in_json if name.endswith(".json") else COMMAND})


@pytest.mark.parametrize("character", "\xa0\v\f\x85\u2028\u3000")
def test_a_command_in_a_module_between_heredocs_is_not_run(arena: Arena, character: str) -> None:
    attempt(arena, {"a/main.tf": BETWEEN_HEREDOCS % character, "a/sub/main.tf": COMMAND})


def test_terraform_really_reads_what_is_tried_here(arena: Arena) -> None:
    """Where it is allowed, it is run: else nothing of this would show anything."""
    allow_commands(arena)
    arena.push({"files": {"a/~x.tf": COMMAND}})
    run = json.loads(arena.run("plan", "a", "-o", "json").stdout)[0]
    arena.run("approve", run["id"], "--digest", run["plan_digest"][:12], "--yes")
    arena.run("apply", run["id"])
    assert arena.pwned.exists()


# A second look, at what the engine made of the code


def test_a_plan_with_a_command_that_was_overlooked_fails(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.engine.modules.configuration.commands", lambda *_: ())
    arena.push({"files": {"a/main.tf": 'module "m" {\n source = "./sub"\n}\n', "a/sub/main.tf": COMMAND}})
    shown = arena.run("plan", "a", expect=1).output
    assert (
        "commands would run in module.m.terraform_data.x; allow.provisioners of the source is false" in shown
    )
    arena.unharmed()


# What one file can do to the others


def test_a_file_that_is_too_large_is_reported_with_the_limit(arena: Arena) -> None:
    arena.push({"files": {"a/main.tf": "# x" + "\n" * LARGEST}})
    shown = "a/main.tf cannot be read as HCL (it has more than 1,000,000 bytes), so its contents are unknown"
    assert any(shown in line for line in arena.problems())
    assert arena.stacks() == ["b"]


def test_a_file_of_an_unexpected_form_is_its_stacks_problem(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> object:
        raise IndexError

    monkeypatch.setattr("runner.engine.modules.configuration.body_of", fails)
    arena.push({"files": {"a/main.tf": "terraform {}\n"}})
    shown = "a/main.tf cannot be read as HCL (it cannot be interpreted: IndexError)"
    assert any(shown in line for line in arena.problems())
    assert arena.stacks() == ["b"]


def test_a_stack_file_of_an_unexpected_form_stops_no_other(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = StackFileReader.read

    def fails(reader: StackFileReader, path: str, content: bytes, allow: Allow) -> object:
        if path.startswith("a/"):
            raise IndexError
        return read(reader, path, content, allow)

    monkeypatch.setattr(StackFileReader, "read", fails)
    arena.push({})
    assert arena.problems() == ["a/stack.yaml:1:1: the file cannot be interpreted: IndexError"]
    assert arena.stacks() == ["b"]


def test_a_stack_that_cannot_be_judged_stops_no_other(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(definition: object, facts: object, home: str) -> object:
        if getattr(definition, "name", "") == "a":
            raise IndexError
        return state_identity(definition, facts, home)  # type: ignore[arg-type]

    monkeypatch.setattr("runner.service.discovery.search.state_identity", fails)
    arena.push({})
    assert arena.problems() == ['a/stack.yaml:1:1: stack "a": its code cannot be interpreted: IndexError']
    assert arena.stacks() == ["b"]


def test_what_is_no_stacks_own_is_no_stacks_problem(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> object:
        raise GitFailed(command="cat-file", source="infra", problem="it ended")

    monkeypatch.setattr("runner.service.discovery.search.state_identity", fails)
    arena.push({})
    arena.run("source", "sync", expect=1)
    [source] = json.loads(arena.run("source", "list", "-o", "json").stdout)
    assert (source["problems"], "it ended" in source["problem"]) == ([], True)


def test_an_unreadable_source_is_shown_as_such(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    arena.push({})
    arena.run("source", "sync")

    def fails(*_: object, **__: object) -> object:
        raise ValueError("\x1b[2Jnobody\nthought of it")

    monkeypatch.setattr(Discoverer, "discover", fails)
    arena.push({"files": {"c/stack.yaml": "name: c\n"}})
    arena.run("source", "sync", expect=1)
    shown = "could not be read: ValueError:  [2Jnobody thought of it"
    [source] = json.loads(arena.run("source", "list", "-o", "json").stdout)
    assert shown in source["problem"]
    for command in ("status", "source list"):
        assert "could not be read" in " ".join(arena.run(*command.split(), expect=None).output.split())
    assert arena.stacks() == ["a", "b"]
