import sys
from pathlib import Path

import pytest

# The untrusted texts are those of the plan's tests.
sys.path.append(str(Path(__file__).parents[1] / "plan"))

from attack_world import Arena


@pytest.fixture
def arena(tmp_path: Path) -> Arena:
    return Arena(tmp_path)
