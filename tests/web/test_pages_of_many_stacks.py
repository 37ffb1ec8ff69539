"""A page asks the database as often for many stacks as for few."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cli_world import STACK, World
from leased import CONFIG
from page_world import Browser

from runner.api.caller import Caller
from runner.model.changes.changes import Action
from runner.model.drift.report import DriftClass, Finding
from runner.store.session import Session

FEW, MANY = 3, 30
PAGES = (
    "/",
    "/inbox",
    "/stacks",
    "/drift",
    "/drift?show=resolved",
    "/drift.atom",
    "/graph",
    "/promotions",
    "/trends",
    "/coverage",
    "/sources",
    "/locks",
    "/pools",
    "/audit",
)
MODULE = 'resource "terraform_data" "it" {}\n'
FOUND = (Finding("terraform_data.it", Action.UPDATE, DriftClass.DRIFT),)


@contextmanager
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that are asked meanwhile."""
    statements: list[str] = []
    for name in ("_all", "_one"):
        real = getattr(Session, name)

        def noted(self: Session, sql: str, *values: Any, real: Any = real) -> Any:
            statements.append(sql)
            return real(self, sql, *values)

        monkeypatch.setattr(Session, name, noted)
    yield statements
    monkeypatch.undo()


def grow(world: World, stacks: int) -> None:
    """So many stacks, half of them drifted, some locked."""
    files: dict[str, str] = {}
    for number in range(stacks):
        files |= {f"s{number}/stack.yaml": STACK.format(name=f"s{number}"), f"s{number}/main.tf": MODULE}
    world.commit(files)
    world.run("source", "sync")
    with world.app.store.writing() as writer:
        for number in range(0, stacks, 2):
            if writer.current_report(f"s{number}") is None:
                writer.open_report(f"s{number}", "a" * 40, "one", FOUND, confirmed=True)


def test_no_page_asks_more_for_more_stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, more=CONFIG)
    grow(world, FEW)
    browser = Browser(world)

    browser.get("/tokens")  # the first request notes that the token was used

    def counts() -> dict[str, int]:
        found = {}
        for path in PAGES:
            with asked(monkeypatch) as statements:
                browser.get(path)
            found[path] = len(statements)
        return found

    # What a page works out is kept for the others of the same second: here it always is.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Caller, "second", 0)
        before = counts()
        assert all(before.values())
        grow(world, MANY)
        assert counts() == before
