"""A store that knows one stack, and a clock that only the test moves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
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
def prepared() -> None:
    """Here each database is made as it is outside, and its commits are durable."""
