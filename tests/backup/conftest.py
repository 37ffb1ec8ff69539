import sys
from pathlib import Path

import pytest

# What drives the commands lies beside their own tests.
sys.path.append(str(Path(__file__).parents[1] / "cli"))

from backup_world import Installation


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)
