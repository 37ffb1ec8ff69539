"""Tests that a machine without terraform skips."""

import shutil
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
needs_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH")


def terraform_for(
    items: Iterable[pytest.Item], conftest: str, fixtures: AbstractSet[str] = frozenset()
) -> None:
    """Of the tests of this conftest's folder, those that use one of these fixtures; without fixtures all."""
    folder = f"{Path(conftest).parent.relative_to(TESTS.parent)}/"
    for item in items:
        # A name is compared in no time; the paths of 11,000 tests take a second of each process.
        if item.nodeid.startswith(folder) and (not fixtures or fixtures & set(_fixtures(item))):
            item.add_marker(needs_terraform)


def _fixtures(item: pytest.Item) -> Iterable[str]:
    return getattr(item, "fixturenames", ())
