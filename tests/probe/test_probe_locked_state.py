"""Plans with warm providers of a state in a real backend: who waits for its lock, and who gives it back."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from probing_world import Stage, applied, faulty, needs_terraform, wait_until
from provider.cloudfile import edit
from remote.state_backend import StateBackend, state_backend

from runner.datadir.workspace import LocalWorkspaces
from runner.model.values.span import Seconds
from runner.model.warm.probe import Probing
from runner.ports.engine import EngineError, Execution, Fallback, Planned
from runner.service.execution.probe import look

__all__ = ("applied", "faulty")
pytestmark = needs_terraform
HTTP = 'terraform {\n  backend "http" {}\n}\n'


class RemoteStage(Stage):
    """Its state is in the backend, and its plans take the lock as those of changes do."""

    backend: StateBackend

    def execution(self) -> Execution:
        self.run += 1
        workspaces = LocalWorkspaces(self.data)
        workspace = workspaces.prepare(self.run, self.name, self.tree, self.name, managed_state=False)
        stack = replace(self.stack, backend_config=self.backend.config(self.name))
        log = workspaces.log(self.run)
        folder = workspace.module
        return Execution(f"run-{self.run}", stack, workspace, log, self.cancel, folder=folder, lock=True)

    def answer(self) -> Planned | EngineError:
        return look(Probing(self.record, check=False), self.engine, self.execution())[0]


@pytest.fixture
def remote(tmp_path: Path, applied: Stage) -> Iterator[RemoteStage]:
    """One object is in the state of the backend, and the schema is cached."""
    with state_backend() as backend:
        made = RemoteStage(tmp_path, applied.mirror, main=HTTP + applied.main)
        made.backend = backend
        assert applied.last is not None
        assert applied.last.workspace.state is not None
        backend.states[made.name] = applied.last.workspace.state.read_bytes()
        with edit(applied.cloud) as there, edit(made.cloud) as here:
            here.update(there)
        assert isinstance(made.answer(), Planned)
        backend.requests.clear()
        yield made
        made.engine.prober.close()


def locks_for_one_second(stage: Stage) -> None:
    apply = replace(stage.engine.settings.apply, lock_timeout=Seconds(1))
    stage.engine.settings = replace(stage.engine.settings, apply=apply)


def test_a_state_that_somebody_else_holds_is_waited_for_once(remote: RemoteStage) -> None:
    locks_for_one_second(remote)
    remote.backend.take(remote.name, "4711")
    remote.forget_processes()
    answer = remote.answer()
    assert isinstance(answer, EngineError)
    assert answer.state_locked
    assert answer.command == "probe"  # no full plan waited for it again
    assert answer.holder == "lock 4711"
    assert remote.backend.locks[remote.name]["ID"] == "4711"


def test_a_deadline_while_waiting_for_the_lock_is_no_reason_to_wait_again(
    remote: RemoteStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote.engine, "_limit", lambda _execution, _phase: 3.0)
    remote.backend.take(remote.name, "4711")
    answer = remote.engine.probe(remote.execution(), None, 0.0)
    assert isinstance(answer, EngineError)
    assert answer.timed_out


def test_a_provider_that_hangs_under_the_lock_gives_it_back_and_leaves_the_plan_to_a_full_one(
    remote: RemoteStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks_for_one_second(remote)
    monkeypatch.setattr("runner.engine.command.deadline", lambda plain, limit: 3.0)
    remote.order("hold")
    answer = remote.engine.probe(remote.execution(), None, 0.0)
    assert isinstance(answer, Fallback), answer
    assert "a probe took longer than 4s" in answer.reason
    assert remote.backend.locks == {}


def test_a_plan_that_is_canceled_under_the_lock_gives_it_back(remote: RemoteStage) -> None:
    remote.order("hold")
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(remote.answer()))
    thread.start()
    wait_until(lambda: remote.pids("hold"), "the provider is asked")
    assert remote.name in remote.backend.locks
    remote.cancel.set()
    thread.join()
    [answer] = answers
    assert isinstance(answer, EngineError)
    assert answer.canceled
    assert remote.backend.locks == {}
