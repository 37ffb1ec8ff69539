import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from needed import terraform_for

HERE = Path(__file__).parent
sys.path += [str(HERE.parent / name) for name in ("journey", "web", "cli")]

from pool_world import Pool  # noqa: E402 - it lies beside what was just added


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    terraform_for(items, __file__, {"pool"})


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    """A server with one pool, whose workers a test makes."""
    with Pool(tmp_path).served() as made:
        yield made
