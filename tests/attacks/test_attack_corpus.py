"""Each attack of the corpus, by the way that it would really take: nothing runs, nothing gets out, and a person sees it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from attack_world import Arena, corpus, lines

Attack = Callable[[Arena, Any], None]


def tree(arena: Arena, entry: dict[str, Any]) -> None:
    """A refused stack is never planned, and its neighbour is; a sound one is planned without running what lies there."""
    arena.push(entry)
    shown = arena.problems()
    if "says" in entry:
        mine = [line for line in shown if 'stack "a": ' in line]
        place = re.compile(r'[^:]+:[0-9]+:1: stack "a": ')
        assert any(place.match(line) and entry["says"] in line for line in mine), shown
        assert arena.stacks() == ["b"]
        arena.run("plan", "a", expect=5)
    else:
        assert (shown, arena.stacks()) == ([], ["a", "b"])
        arena.run("plan", "a")
    arena.run("status")


def modules(arena: Arena, entry: tuple[str, dict[str, list[str]]]) -> None:
    """Every source as the module of a stack of its own."""
    pattern, sources = entry
    arena.configure(allow={"modules": [] if pattern == "usual" else [pattern]})
    files: dict[str, str | bytes | None] = {}
    for kind in ("taken", "refused"):
        for number, source in enumerate(sources[kind]):
            name = f"{kind}-{number}"
            text = json.dumps(arena.armed(source), ensure_ascii=False)
            files |= {
                f"{name}/stack.yaml": f"name: {name}\n",
                f"{name}/main.tf": f'module "m" {{ source = {text} }}\n',
            }
    arena.remote.commit(files)
    shown = arena.problems()
    assert sorted(arena.stacks()) == sorted(f"taken-{number}" for number in range(len(sources["taken"])))
    for number, source in enumerate(sources["refused"]):
        start = f'refused-{number}/stack.yaml:1:1: stack "refused-{number}": the module source '
        assert any(line.startswith(start) for line in shown), source


def definition(arena: Arena, entry: dict[str, Any]) -> None:
    """Every value in a stack file of its own, and the problem is at the key in that file."""
    values = [arena.armed(value) for value in entry["values"]]
    module = "".join(entry.get("files", {}).values())
    files: dict[str, str | bytes | None] = {"ok/stack.yaml": "name: ok\n", "ok/main.tf": ""}
    for number, value in enumerate(values):
        given: Any = {value: "x"} if entry.get("table") else [value] if entry.get("list") else value
        document = {"name": f"s{number}", entry["key"]: given}
        files |= {f"s{number}/stack.yaml": json.dumps(document) + "\n", f"s{number}/main.tf": module}
    arena.remote.commit(files)
    shown = arena.problems()
    assert arena.stacks() == ["ok"]
    for number, value in enumerate(values):
        mine = [line for line in shown if line.startswith(f"s{number}/stack.yaml:1:")]
        assert any(entry["says"] in line for line in mine), (value, mine)


def address(arena: Arena, line: str) -> None:
    arena.configure(url=arena.armed(line))
    shown = arena.run("config", "validate", expect=78).output
    assert "sources[0].url: " in shown
    arena.run("source", "sync", expect=78)


def branch(arena: Arena, line: str) -> None:
    arena.configure(branch=arena.armed(line))
    shown = arena.run("config", "validate", expect=78).output
    assert "sources[0].branch: " in shown


def revisions(arena: Arena, expressions: list[str]) -> None:
    """One after the other on one repository: none of them means a revision of the branch."""
    arena.push({})
    arena.remote.git("branch", "other")
    arena.run("source", "sync")
    for expression in expressions:
        refused = arena.run("plan", "a", f"--ref={arena.armed(expression)}", expect=5)
        assert "hint: " in refused.output, expression


ATTACKS: list[Any] = [
    *(pytest.param(tree, entry, id=f"tree: {entry['name']}") for entry in corpus("trees")),
    *(pytest.param(modules, entry, id=f"modules: {entry[0]}") for entry in corpus("modules").items()),
    *(pytest.param(definition, entry, id=f"definition: {entry['key']}") for entry in corpus("definitions")),
    *(pytest.param(address, line, id=f"address: {line}") for line in lines("urls.txt")),
    *(pytest.param(branch, line, id=f"branch: {line}") for line in lines("branches.txt")),
    pytest.param(revisions, lines("expressions.txt"), id="revisions"),
]


@pytest.mark.parametrize(("attack", "entry"), ATTACKS)
def test_nothing_runs_nothing_leaks_and_a_person_sees_it(arena: Arena, attack: Attack, entry: Any) -> None:
    attack(arena, entry)
    arena.unharmed()
