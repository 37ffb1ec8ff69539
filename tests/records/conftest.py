from pathlib import Path

import pytest
from records_world import Records


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path)
