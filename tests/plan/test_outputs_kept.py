"""The worker's side of outputs: kept sealed and salted, read again only when needed, and given only if they are the known ones."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from runner.errors import ArtifactNotFound, EngineFailed, OutputUnknown
from runner.model.execution.job import Job, JobSource, Phase
from runner.model.outputs.known import KnownOutputs, SeenOutputs, StateOutput
from runner.model.outputs.taken import Given
from runner.model.run.life import Kind
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import StackDefinition
from runner.ports.engine import Execution
from runner.ports.worker import WorkerPorts
from runner.service.execution.outputs import ARTIFACT, keep_outputs, outputs_given

NET = {"vpc": StateOutput("vpc-1", sensitive=False), "pass": StateOutput({"db": "hunter2", "port": 5432})}
JOB = Job(
    run=7,
    phase=Phase.PLAN,
    kind=Kind.CHANGE,
    stack=StackDefinition("net"),
    source=JobSource.of(SourceSettings("infra", "/x")),
    revision="a" * 40,
    module_path=".",
    managed_state=True,
    used=True,
)
EXECUTION = cast("Execution", SimpleNamespace())


class Shelf:
    def __init__(self) -> None:
        self.kept: dict[tuple[int, str], bytes] = {}

    def put(self, run: int, name: str, content: bytes) -> str:
        self.kept[run, name] = content
        return ""

    def get(self, run: int, name: str) -> bytes:
        if (run, name) not in self.kept:
            raise ArtifactNotFound(run=f"run-{run}", name=name)
        return self.kept[run, name]


class World:
    def __init__(self, outputs: Any = None) -> None:
        self.shelf, self.reads = Shelf(), 0
        self.outputs = NET if outputs is None else outputs
        self.ports = cast(
            "WorkerPorts",
            SimpleNamespace(
                artifacts=self.shelf,
                engine=SimpleNamespace(outputs=self._read),
                secrets=SimpleNamespace(fingerprint_key=lambda: b"k" * 32),
            ),
        )

    def _read(self, _execution: Execution) -> Any:
        self.reads += 1
        if isinstance(self.outputs, Exception):
            raise self.outputs
        return self.outputs

    def keep(self, job: Job = JOB, lineage: str = "l", serial: int | None = 3) -> SeenOutputs | None:
        return keep_outputs(job, self.ports, EXECUTION, lineage, serial)


def known(seen: SeenOutputs | None, run: int = 7) -> KnownOutputs:
    assert seen is not None
    return KnownOutputs(run, seen.digests, seen.sensitive, seen.lineage, seen.serial)


def test_the_records_learn_digests_and_names_and_no_value() -> None:
    seen = World().keep()
    assert seen is not None
    assert (seen.sensitive, set(seen.digests)) == (("pass",), {"vpc", "pass"})
    assert "vpc-1" not in repr(seen)
    assert "hunter2" not in repr(seen)


def test_outputs_that_nobody_uses_are_not_read() -> None:
    world = World()
    assert world.keep(replace(JOB, used=False)) is None
    assert world.reads == 0


def test_the_same_state_is_not_read_twice_unless_its_values_are_lost() -> None:
    world = World()
    job = replace(JOB, known_outputs=known(world.keep()))
    assert world.keep(job) is None
    assert world.keep(job, serial=4) is not None
    assert world.keep(job, serial=None) is not None, "after an apply"
    assert world.keep(job, lineage="another") is not None
    world.shelf.kept.clear()
    assert world.keep(job) is not None
    assert world.reads == 5


def test_equal_values_have_equal_digests_and_different_artifacts() -> None:
    world = World()
    one, first = world.keep(), world.shelf.kept[7, ARTIFACT]
    other = world.keep()
    assert one == other
    assert world.shelf.kept[7, ARTIFACT] != first


def test_an_engine_that_cannot_read_them_fails_nothing_else() -> None:
    assert World(EngineFailed("no backend", hint="x")).keep() == SeenOutputs(found=False)


def taken(world: World, **changes: str) -> Job:
    seen = known(world.keep())
    given = tuple(
        Given("net", output, f"v_{output}", 7, changes.get(output, seen.digest(output))) for output in NET
    )
    return replace(JOB, stack=StackDefinition("app"), run=8, takes=given)


def test_a_run_gets_the_values_as_terraform_reads_them_and_knows_what_is_secret() -> None:
    world = World()
    texts, hidden = outputs_given(taken(world), world.ports)
    assert texts == {"v_vpc": "vpc-1", "v_pass": '{"db": "hunter2", "port": 5432}'}
    assert hidden == {'{"db": "hunter2", "port": 5432}', "hunter2", "5432"}


def test_a_value_that_is_not_the_known_one_is_not_given() -> None:
    world = World()
    with pytest.raises(OutputUnknown, match='needs output "vpc" of net'):
        outputs_given(taken(world, vpc="0" * 64), world.ports)


def test_without_the_artifact_nothing_is_given() -> None:
    world = World()
    job = taken(world)
    world.shelf.kept.clear()
    with pytest.raises(OutputUnknown):
        outputs_given(job, world.ports)
