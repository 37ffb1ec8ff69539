import shutil
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "journey"))

from beginnings import beginnings, plain_applied, planned
from world import World

__all__ = ("beginnings", "plain_applied", "planned")
RUN_TERRAFORM = {"plain", "planned", "plain_applied", "wrapped", "beginnings"}
needs_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and RUN_TERRAFORM & set(item.fixturenames):  # type: ignore[attr-defined]
            item.add_marker(needs_terraform)


@pytest.fixture
def plain(tmp_path: Path) -> World:
    """Only terraform's built-in terraform_data: a plan takes 50 ms."""
    return World(tmp_path)
