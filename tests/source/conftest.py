from pathlib import Path

import pytest
from remote.repository import Remote


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path)
