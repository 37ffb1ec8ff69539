"""Whatever dies or fails at any failpoint: nothing is lost, nothing is done twice, and every reported end is true."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from scenarios import SCENARIOS, much_later, say_applied, say_failed, settle, start
from stage import STACK, Stage, live, log_of, noted
from stage_verdict import false, wrong
from stages import Stages

from runner import failpoint
from runner.failpoint import POINTS
from runner.model.run.life import State

ACTIONS = ("kill", "raise", "EIO", "ENOSPC")
MAX_KILLS = 40
# Where terraform's end cannot be known by anybody who comes later, and whether it had made its step.
UNCLEAR = {
    ("shim.before_receipt", "raise"): False,  # what it wrote as it fell could be terraform's
    **{("shim.after_receipt", action): False for action in ACTIONS},
    **{("shim.before_result", action): True for action in ACTIONS},
}
# A kill at every point always runs, and so does what ends unclear with the step made. Other calls that fail are repetitions.
ALWAYS = {*((point, "kill") for point in POINTS), *(fault for fault, made in UNCLEAR.items() if made)}
FAULTS = [
    pytest.param(point, action, marks=[] if (point, action) in ALWAYS else pytest.mark.thorough)
    for point, action in product(POINTS, ACTIONS)
]


@pytest.mark.parametrize(("point", "action"), FAULTS)
def test_no_fault_loses_repeats_or_falsifies(
    stages: Stages, reached: dict[str, list[str]], point: str, action: str
) -> None:
    assert point in reached, f"no scenario reaches {point}"
    scenario = SCENARIOS[reached[point][0]]
    stage = stages.put_up(scenario.name)
    for armed in _armings(point, action):
        before = noted(stage.root)[point]
        live(stage.root, scenario.life, armed)
        if noted(stage.root)[point] == before:
            break
    assert noted(stage.root)[point], f"{scenario.name} reached {point} when nothing was wrong, and now not"
    # What failed is done again.
    assert live(stage.root, scenario.life) == 0, log_of(stage.root)
    assert live(stage.root, settle) == 0, log_of(stage.root)
    _resolve(stage.root, UNCLEAR.get((point, action)))
    assert live(stage.root, much_later) == 0, log_of(stage.root)
    looking = Stage(stage.root)
    try:
        assert wrong(looking) == [], log_of(stage.root)
    finally:
        looking.close()


def _armings(point: str, action: str) -> Iterator[str]:
    """It dies at the first pass, and when it comes back at the second, and so on; or every pass of one life fails."""
    if action == "kill":
        yield from (f"{point}=kill@{hit}" for hit in range(1, MAX_KILLS))
        raise AssertionError(f"{point} is passed again and again")
    yield f"{point}={action}"


def _resolve(root: Path, made: bool | None) -> None:  # noqa: FBT001 - a row of the table
    """An unclear end is reported with evidence and locked, and a person resolves it."""
    stage = Stage(root)
    try:
        assert list(false(stage)) == []
        unclear = stage.runs(states=frozenset({State.INTERRUPTED}))
        with stage.app.store.reading() as reader:
            if made is None:
                assert unclear == [], log_of(root)
                return
            (run,) = unclear
            assert reader.evidence(run.id) is not None
            lock = reader.lock(STACK)
            assert lock is not None
            assert lock.run == run.id
    finally:
        stage.close()
    assert live(root, say_applied if made else say_failed) == 0, log_of(root)


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("recovery", "recover.before_commit"),
        pytest.param("recovery", "recover.after_commit", marks=pytest.mark.thorough),
        ("adoption", "record.before_commit"),
        ("restore", "restored.before_commit"),
        pytest.param("restore", "restored.after_commit", marks=pytest.mark.thorough),
    ],
)
def test_recovery_that_dies_five_times_ends_like_one_that_does_not(
    stages: Stages, name: str, point: str
) -> None:
    def ends(*lives: str) -> list[tuple[str, ...]]:
        stage = stages.put_up(name)
        for armed in lives:
            live(stage.root, start, armed)
        assert noted(stage.root).total() in {0, 1, len(lives)}
        assert live(stage.root, settle) == 0
        assert live(stage.root, much_later) == 0
        try:
            assert wrong(stage) == []
            return [(run.name, run.kind, run.state, run.trigger, run.reason) for run in stage.history()]
        finally:
            stage.close()

    assert ends(*[f"{point}=kill"] * 5) == ends()


def test_every_failpoint_and_every_fault_is_in_a_test_that_always_runs() -> None:
    always = [param.values for param in FAULTS if not param.marks]
    points, actions = zip(*always, strict=True)
    assert set(points) == set(POINTS)
    assert set(actions) == set(ACTIONS)


def test_every_failpoint_in_the_table_is_placed_and_vice_versa() -> None:
    package = Path(failpoint.__file__).parent
    placed: list[str] = []
    for path, code in ((path, path.read_text()) for path in package.rglob("*.py")):
        for node in ast.walk(ast.parse(code if "failpoint.reach" in code else "")):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "failpoint.reach":
                (name,) = node.args
                assert isinstance(name, ast.Constant), f"{path}: {ast.unparse(node)}"
                placed.append(str(name.value))
    assert sorted(placed) == sorted(POINTS)
