"""A place for trees that nothing else could remove."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.foreign.budget import Budget
from runner.foreign.remove import remove


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder that is gone afterwards, whatever was made in it: pytest's own remover would give up."""
    yield tmp_path / "place"
    for path in tmp_path.iterdir():
        remove(path, Budget(entries=1 << 30))
