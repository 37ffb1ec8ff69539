"""The main job on engines that are not on this machine, played as they were recorded."""

from dataclasses import replace
from pathlib import Path

import pytest
from recorded.players import Players
from recorded.recording import HERE, Recording, recordings
from world import ANA, World

from runner.model.run.life import State
from runner.model.settings.source import Allow
from runner.service.operator import request

ENGINES = sorted(path.name for path in HERE.glob("*-*"))
# Driftline refuses these stacks, and starts no engine for them.
REFUSED = frozenset(
    {
        "computed-backend",  # it would lie in the tree
        "computed-module-source-without-its-variable",
        "required-version",
        "required-version-tofu",
        "syntax-error",
    }
)
# What follows from a refusal of the engine.
AGAIN: dict[str, tuple[State, ...]] = {
    "stale-plan": (State.AWAITING_APPROVAL, State.SUPERSEDED, State.AWAITING_APPROVAL),
    "state-locked": (State.AWAITING_APPROVAL, State.APPROVED),  # it waits for the lock
}
FULLY = (State.AWAITING_APPROVAL, State.APPLIED, State.NO_CHANGES)


class Played:
    """An installation with one engine, and a stack for each recording."""

    def __init__(self, root: Path, players: Players, recorded: list[Recording]) -> None:
        engine = recorded[0].engine
        binary = players(engine, recorded[0].version, "")
        self.world = World(root, engines=f"  {engine}: {{binary: {binary}}}\n")
        [source] = self.world.settings.sources
        allowed = replace(source, allow=Allow(provisioners=True))
        self.world.configure(replace(self.world.settings, sources=(allowed,)))
        self.world.commit_files(
            {f"{one.scenario}/{name}": text for one in recorded for name, text in _files(one).items()}
        )
        self.states: dict[str, list[State]] = {one.scenario: [] for one in recorded}

    def job(self) -> dict[str, tuple[State, ...]]:
        """The states in which the runs of each stack ended: plan, apply, and check for drift."""
        self.world.poll()
        self._work()
        with self.world.app.store.reading() as reader:
            waiting = [run for run in map(reader.run, self.ran) if run.state is State.AWAITING_APPROVAL]
        for run in waiting:
            self.world.approve(run)
        self._work()
        applied = [name for name, states in self.states.items() if State.APPLIED in states]
        request.request_check(self.world.app.control, applied, ANA)
        self._work()
        return {name: tuple(states) for name, states in self.states.items()}

    def _work(self) -> None:
        self.ran = []
        for run in self.world.work():
            self.ran.append(run.id)
            self.states[run.stack].append(run.state)


def _files(one: Recording) -> dict[str, str | None]:
    values = [name for name in one.code if name.endswith(".tfvars")]
    stack = f"name: {one.scenario}\nengine: {one.engine}\nvar_files: [{', '.join(values)}]\n"
    return {"stack.yaml": stack, "scenario": one.scenario, **one.code}


def expected(one: Recording) -> tuple[State, ...]:
    """By what the engine itself said."""
    if one.scenario in REFUSED and not _heedless(one):
        return ()
    if one.exit_code("init") or one.exit_code("plan"):
        return (State.PLAN_FAILED,)
    if not one.changes:
        return (State.NO_CHANGES,)
    if one.scenario in AGAIN:
        return AGAIN[one.scenario]
    if one.exit_code("apply") == 0:
        return FULLY
    return State.AWAITING_APPROVAL, State.INTERRUPTED if one.unfinished else State.APPLY_FAILED


def _heedless(one: Recording) -> bool:
    """OpenTofu 1.12 heeds no `required_version` in a .tf file."""
    return one.scenario == "required-version" and one.exit_code("init") == 0


def expected_by_scenario(recorded: list[Recording]) -> dict[str, tuple[State, ...]]:
    return {one.scenario: expected(one) for one in recorded}


@pytest.mark.parametrize("engine", ["terraform-1.15.9", "tofu-1.12.6"])
def test_a_stack_is_planned_approved_applied_and_checked_for_drift(
    tmp_path: Path, players: Players, engine: str
) -> None:
    recorded = recordings("create", engine)
    assert Played(tmp_path, players, recorded).job() == {"create": FULLY}


@pytest.mark.thorough(of="test_a_stack_is_planned_approved_applied_and_checked_for_drift")
@pytest.mark.parametrize("engine", ENGINES)
def test_every_scenario_ends_as_its_engine_said(tmp_path: Path, players: Players, engine: str) -> None:
    recorded = recordings("*", engine)
    assert Played(tmp_path, players, recorded).job() == expected_by_scenario(recorded)
