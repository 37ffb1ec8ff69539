import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.store.connection import Connections

# What drives the commands lies beside their own tests.
sys.path.append(str(Path(__file__).parents[1] / "cli"))


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test opens is closed behind it: an application is a circle, which waits for the garbage collector, and a
    process has a thousand descriptors.
    """
    opened: list[Connections] = []
    original = Connections.__init__

    def noted(self: Connections, *given: Any, **named: Any) -> None:
        original(self, *given, **named)
        opened.append(self)

    monkeypatch.setattr(Connections, "__init__", noted)
    yield
    for one in opened:
        one.close()
