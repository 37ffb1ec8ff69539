import sys
from pathlib import Path

import pytest
from needed import terraform_for

sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("journey", "cli")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    terraform_for(items, __file__, {"plain", "place"})
