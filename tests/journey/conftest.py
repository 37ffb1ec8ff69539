import shutil
from pathlib import Path

import pytest
from world import World

needs_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(needs_terraform)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """With the test provider, whose cloud is a file that a test may change."""
    return World(tmp_path, providers=True)


@pytest.fixture
def plain(tmp_path: Path) -> World:
    """Only terraform's built-in terraform_data: a plan takes 50 ms."""
    return World(tmp_path)
