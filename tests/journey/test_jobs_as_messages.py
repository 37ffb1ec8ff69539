"""A worker that gets its job and gives its result back as JSON does the same as one that shares the memory."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from remote.state_backend import StateBackend, state_backend
from world import ANA, World

import runner.worker
from runner.errors import NotFound
from runner.model.approval.binding import EngineFacts
from runner.model.execution.job import Job, Phase, Result
from runner.model.values.codec import from_plain, to_plain
from runner.ports.worker import ApplyGate
from runner.service.execution.execute import execute
from runner.service.operator import request, unlock

BODY = (
    'terraform {{\n  backend "http" {{}}\n}}\nresource "terraform_data" "one" {{\n  input = "{value}"\n}}\n'
)


class Wire:
    """What went over it, and what came out at its other end."""

    def __init__(self) -> None:
        self.phases: list[Phase] = []

    def pass_on(self, kind: Any, value: Any) -> Any:
        read = from_plain(kind, json.loads(json.dumps(to_plain(value))))
        assert read == value
        return read

    def execute(self, job: Job, ports: Any, cancel: Any, gate: ApplyGate, *rest: Any) -> Result:
        self.phases.append(job.phase)
        there = self.pass_on(Job, job)
        return cast("Result", self.pass_on(Result, execute(there, ports, cancel, FarGate(self, gate), *rest)))


class FarGate:
    def __init__(self, wire: Wire, gate: ApplyGate) -> None:
        self.wire, self.gate = wire, gate

    def start(self, job: Job, plan_digest: str, facts: EngineFacts) -> None:
        self.gate.start(self.wire.pass_on(Job, job), plan_digest, self.wire.pass_on(EngineFacts, facts))


@pytest.fixture
def backend() -> Iterator[StateBackend]:
    with state_backend() as running:
        yield running


def story(world: World, backend: StateBackend) -> list[Any]:
    """Planned, approved, applied, checked, changed, failed, and asked whose lock is on the state; all that was recorded."""
    rules = f"backend_config: {json.dumps(backend.config('web'))}\n"
    world.applied(rules=rules, body=BODY)
    request.request_check(world.app.control, ["web"], ANA)
    world.work()
    world.applied(value="two", rules=rules, body=BODY)
    world.push(value="nowhere.value", rules=rules, body=BODY.replace('"{value}"', "{value}"))
    with pytest.raises(NotFound):
        unlock.offer(world.app.control, world.app.worker.ask, "web")
    with world.app.store.reading() as reader:
        runs = [(run.kind, run.state, run.reason, run.summary) for run in world.runs()]
        changes = [reader.changes(run.id) for run in world.runs()]
        diagnostics = [reader.diagnostics(run.id) for run in world.runs()]
        noted = [(one.actor, one.action, one.subject) for one in reader.audit()]
    return [runs, changes, diagnostics, noted]


def test_a_whole_life_is_the_same_over_a_wire(
    tmp_path: Path, backend: StateBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "near").mkdir()
    (tmp_path / "far").mkdir()
    near = story(World(tmp_path / "near"), backend)
    backend.states.clear()
    wire = Wire()
    monkeypatch.setattr(runner.worker, "execute", wire.execute)
    assert story(World(tmp_path / "far"), backend) == near
    assert set(wire.phases) == {Phase.PLAN, Phase.APPLY, Phase.SEE_LOCK}
