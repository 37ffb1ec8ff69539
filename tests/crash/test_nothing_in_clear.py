"""Whatever is killed wherever: after one recovery no plan and no state lies in clear outside its place."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from scenarios import SCENARIOS
from stage import Stage, live, log_of, noted
from stages import Stages

from runner.failpoint import POINTS

# Every file that is written in one step passes there, a plan and a copy of a state among them.
WRITTEN = "file.before_rename"
MAX_WRITTEN = 40
# Where plans and states are at hand; elsewhere nothing is that could be left.
AT_HAND = {"plan", "artifact", "gate", "spawn", "shim", "record", "recover", "seal", "preview"}
PUBLIC = {"trees", "mirrors", "engines"}  # what is from Git, and what vendors publish
_KEPT = {"state", "backups", "salvage"}


def recovers(stage: Stage) -> None:
    stage.start()
    stage.recover()


def in_clear(data: Path) -> Iterator[str]:
    """Plan files, states, and what `show` tells of a plan, but for the states that Driftline keeps and their copies."""
    for path in data.rglob("*"):
        place = path.relative_to(data)
        if place.parts[0] in PUBLIC or not path.is_file():
            continue
        content = path.read_bytes()
        if content.startswith(b"PK") or b'"planned_values"' in content:
            yield f"a plan in {place}"
        if b'"lineage"' in content and b'"terraform_version"' in content and not _kept(place):
            yield f"a state in {place}"


def _kept(place: Path) -> bool:
    below = place.parts[2:3]
    return place.parts[0] == "workspaces" and below[0] in _KEPT and not place.name.startswith(".")


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=[] if point.partition(".")[0] in AT_HAND else pytest.mark.thorough)
        for point in POINTS
        if point != WRITTEN
    ],
)
def test_a_kill_leaves_nothing_in_clear(stages: Stages, reached: dict[str, list[str]], point: str) -> None:
    scenario = SCENARIOS[reached[point][0]]
    stage = stages.put_up(scenario.name)
    live(stage.root, scenario.life, f"{point}=kill")
    assert noted(stage.root)[point]
    assert live(stage.root, recovers) == 0, log_of(stage.root)
    assert list(in_clear(stage.root / "data")) == []


def test_a_kill_while_any_file_is_written_leaves_nothing_in_clear(stages: Stages) -> None:
    seen = set[str]()
    for hit in range(1, MAX_WRITTEN):
        stage = stages.put_up("change")
        live(stage.root, SCENARIOS["change"].life, f"{WRITTEN}=kill@{hit}")
        if not noted(stage.root)[WRITTEN]:
            break
        seen.update(kind.partition(" in ")[0] for kind in in_clear(stage.root / "data"))
        assert live(stage.root, recovers) == 0, log_of(stage.root)
        assert list(in_clear(stage.root / "data")) == [], f"the file number {hit}"
    else:
        pytest.fail("files are written again and again")
    assert seen == {"a plan", "a state"}, "it was not there before the recovery either"
