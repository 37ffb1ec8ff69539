from collections.abc import Iterator
from pathlib import Path

import pytest
from detached_world import WAITS, Apply
from process_world import shell, wait_until

from runner.process.run import Command


@pytest.fixture
def apply(tmp_path: Path) -> Iterator[Apply]:
    made = Apply(tmp_path)
    (tmp_path / "lock").touch()
    yield made
    made.go()
    wait_until(lambda: not made.alive(), "nothing is left running")


@pytest.fixture
def waits(tmp_path: Path) -> Command:
    """An apply that goes on until it is told to."""
    return shell(tmp_path, WAITS)
