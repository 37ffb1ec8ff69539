"""The tests of commands, once more with every command answered by a server."""

from importlib import import_module
from types import ModuleType

import pytest
from afar_world import run_afar
from cli_world import World

MODULES = (
    "test_approving_and_applying",
    "test_several_at_once",
    "test_windows_and_glass",
    "test_what_an_approver_sees",
    "test_what_goes_on",
    "test_promotions_shown",
    "test_looking_and_holding",
)
# test -> why it is about the host
HOST_ONLY: dict[str, str] = {}
# Commands of the host, with which a test prepares what it is about.
HOST_COMMANDS = frozenset(
    {"audit", "backup", "config", "daemon", "db", "doctor", "drift", "events", "history", "pause", "resume"}
)
HOST_SUBCOMMANDS = frozenset(
    {
        ("stack", "graph"),
        ("stack", "history"),
        ("stack", "pause"),
        ("stack", "resume"),
        ("stack", "validate"),
        ("run", "resolve"),
    }
)


def _take_over(module: ModuleType) -> None:
    """Its fixtures too."""
    for name, value in vars(module).items():
        if name not in HOST_ONLY and getattr(value, "__module__", "") == module.__name__:
            globals()[name] = value


for _name in MODULES:
    _take_over(import_module(_name))


@pytest.fixture(autouse=True)
def afar(monkeypatch: pytest.MonkeyPatch) -> None:
    here = World.run

    def run(world: World, *words: str, expect: int | None = 0) -> object:
        on_host = words[0] in HOST_COMMANDS or words[:2] in HOST_SUBCOMMANDS
        return (here if on_host else run_afar)(world, *words, expect=expect)

    monkeypatch.setattr(World, "run", run)
