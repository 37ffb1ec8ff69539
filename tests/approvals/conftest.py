import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "journey"))

from beginnings import beginnings, plain_applied, planned
from needed import terraform_for
from world import World

__all__ = ("beginnings", "plain_applied", "planned")
RUN_TERRAFORM = {"plain", "planned", "plain_applied", "wrapped", "beginnings"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    terraform_for(items, __file__, RUN_TERRAFORM)


@pytest.fixture
def plain(tmp_path: Path) -> World:
    """Only terraform's built-in terraform_data: a plan takes 50 ms."""
    return World(tmp_path)
