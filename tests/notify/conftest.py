"""A store that knows one stack, a clock that only the test moves, and a receiver on this machine."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parents[1] / room) for room in ("store", "cli")]

from notify_world import Receiver
from store_world import HandClock, discovered, opened

from runner.store.database import SqliteStore


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[SqliteStore]:
    with opened(tmp_path, clock) as store:
        with store.writing() as writer:
            writer.save_discovered(discovered())
        yield store


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver
