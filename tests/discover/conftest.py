from pathlib import Path

import pytest
from discover_world import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)
