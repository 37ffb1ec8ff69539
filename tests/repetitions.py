"""One test of every behaviour always runs. Of the others, which repeat it, a run takes a slice that its commit chooses.

A test marked `thorough` shows what another one shows already: with another fault, seed, page or provider. That one is the
same function with other parameters, or the function named by `of`. A function marked `repeats` shows one behaviour with all of its
parameters, or one for each value of those that are named: the first of them always runs, and the others are thorough.
"""

import subprocess
import zlib
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

SLICES = 16
ALL = -1
ROOT = Path(__file__).parents[1]


def slice_of(test: str) -> int:
    return zlib.crc32(test.encode()) % SLICES


def slice_of_commit(commit: str) -> int:
    return int(commit[:8] or "0", 16) % SLICES


_thorough = False


def examples(most: int, few: int | None = None) -> int:
    """How many a property is tried with where each takes long: by default a quarter of those of a thorough run."""
    return most if _thorough else few or max(most // 4, 1)


def function_of(test: str) -> str:
    return test.partition("[")[0]


@dataclass
class Repetitions:
    """A plugin of pytest; `number` is the slice of this run."""

    number: int
    always: set[str] = field(default_factory=set)  # functions
    repeated: dict[str, str] = field(
        default_factory=dict
    )  # each repetition, with the function that always runs
    taken: int = 0
    left_out: int = 0
    _begun: set[Hashable] = field(default_factory=set)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        named = any("::" in word for word in config.args)  # somebody wants exactly these
        kept: list[pytest.Item] = []
        left: list[pytest.Item] = []
        for item in items:
            (kept if self._note(item) or named else left).append(item)
        self.taken, self.left_out = len(self.repeated) - len(left), len(left)
        if left:
            items[:] = kept
            config.hook.pytest_deselected(items=left)

    def _note(self, item: pytest.Item) -> bool:
        """Whether it is one of this run's."""
        mark = item.get_closest_marker("thorough")
        if mark is None and not self._repeats(item):
            self.always.add(function_of(item.nodeid))
            return True
        of = mark.kwargs.get("of") if mark else None
        file = item.nodeid.partition("::")[0]
        self.repeated[item.nodeid] = (
            function_of(item.nodeid) if of is None else of if "::" in of else f"{file}::{of}"
        )
        # One on the AWS provider may take as long as a tenth of all that always runs.
        whole = item.get_closest_marker("aws") is not None
        return self.number == ALL or (self.number == slice_of(item.nodeid) and not whole)

    def _repeats(self, item: pytest.Item) -> bool:
        """Whether one of the same kind was collected before."""
        mark = item.get_closest_marker("repeats")
        if mark is None:
            return False
        params = item.callspec.params  # type: ignore[attr-defined] # of a function with parameters
        # One value is one object in all rows of a matrix; not every one can be hashed.
        kind = (function_of(item.nodeid), *(id(params[name]) for name in mark.args))
        known = kind in self._begun
        self._begun.add(kind)
        return known

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["repetitions"] = (self.taken, self.left_out)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        counted = getattr(node, "workeroutput", {}).get("repetitions")
        if counted is not None:
            self.taken, self.left_out = counted

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.taken or self.left_out:
            terminalreporter.write_line(self.summary())

    def summary(self) -> str:
        if not self.left_out:
            return f"REPETITIONS: all {self.taken} ran"
        return (
            f"REPETITIONS: {self.left_out} left out; {self.taken} ran, slice {self.number} of {SLICES}"
            f" (again: ./scripts/test --slice {self.number}; all: ./scripts/test --thorough)"
        )


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("driftline")
    group.addoption("--thorough", action="store_true", help="run all repetitions of behaviours too")
    group.addoption(
        "--slice",
        type=int,
        choices=range(SLICES),
        help="the repetitions to run; without it, the hash of the commit chooses them",
    )


def register(config: pytest.Config) -> None:
    if config.option.slice is None:
        # Here: workers are given the options, and so the same slice.
        config.option.slice = slice_of_commit(_commit())
    global _thorough  # noqa: PLW0603 - modules of tests ask for it while they are imported
    _thorough = config.option.thorough
    number = ALL if config.option.thorough else config.option.slice
    config.pluginmanager.register(Repetitions(number), "repetitions")


def repetitions(config: pytest.Config) -> Repetitions:
    plugin = config.pluginmanager.get_plugin("repetitions")
    assert isinstance(plugin, Repetitions)
    return plugin


def _commit() -> str:
    try:
        git = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""  # an unpacked sdist
