import sys
from pathlib import Path

import pytest

# The untrusted texts are those of the plan's tests.
sys.path.append(str(Path(__file__).parents[1] / "plan"))
# The adversary has a runner of its own, and an installation as the journeys have.
sys.path += [str(Path(__file__).parents[1] / "journey"), str(Path(__file__).parents[2] / "scripts")]

from attack_world import Arena


@pytest.fixture
def arena(tmp_path: Path) -> Arena:
    return Arena(tmp_path)
