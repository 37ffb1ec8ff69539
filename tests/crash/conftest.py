import fcntl
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parents[1] / room) for room in ("journey", "cloud_events", "store")]
sys.path.append(str(Path(__file__).parents[2] / "scripts"))

from needed import terraform_for
from scenarios import SCENARIOS
from stage import live, noted
from stages import Stages

from runner.failpoint import POINTS


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    terraform_for(items, __file__, {"stages"})


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    return Stages(tmp_path_factory.mktemp("stages").resolve())


@pytest.fixture(scope="session")
def reached(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The scenarios in which each failpoint is reached, as one life of each has shown."""
    # Workers share what the first of them has found.
    shared = tmp_path_factory.getbasetemp().parent / "reached.json"
    with _alone(shared.with_suffix(".lock")):
        if not shared.exists():
            shared.write_text(json.dumps(_reached(stages)))
    found: dict[str, list[str]] = json.loads(shared.read_text())
    return found


def _reached(stages: Stages) -> dict[str, list[str]]:
    everything = ";".join(f"{point}=sleep:0" for point in POINTS)
    found: dict[str, list[str]] = {}
    for name, scenario in SCENARIOS.items():
        stage = stages.put_up(name)
        assert live(stage.root, scenario.life, everything) == 0
        for point in noted(stage.root):
            found.setdefault(point, []).append(name)
    return found


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
