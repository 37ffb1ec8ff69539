"""Everything that a worker needs to execute a job. It has no records, because it may be another machine."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.model.approval.binding import EngineFacts
    from runner.model.execution.inspected import Inspected
    from runner.model.execution.job import Job
    from runner.model.settings.source import SourceSettings
    from runner.ports.basics import Clock
    from runner.ports.engine import Engine
    from runner.ports.files import Modules
    from runner.ports.git import Git
    from runner.ports.keeping import Artifacts, Secrets
    from runner.ports.policy import Judge
    from runner.ports.workspace import Workspaces


class ApplyGate(Protocol):
    """What a worker asks of the control plane during an apply."""

    def start(self, job: Job, plan_digest: str, facts: EngineFacts) -> None:
        """Record durably that this plan is about to be applied; Blocked or Conflict if it may not be.

        `facts` are the engine's current ones.
        """
        ...


class StateFiles(Protocol):
    """The files of managed states on this host."""

    def lay_out(self, job: Job) -> None:
        """Make the file of the job's state its newest version; a DriftlineError if that cannot be."""
        ...


@dataclass(frozen=True)
class WorkerPorts:
    """Everything that a worker needs to execute a job."""

    git: Git
    modules: Modules
    engine: Engine
    workspaces: Workspaces
    artifacts: Artifacts
    secrets: Secrets
    clock: Clock
    judge: Judge | None = None  # without one, plans that policies are to judge fail
    sources: tuple[SourceSettings, ...] = ()  # as this worker knows them: how to authenticate
    states: StateFiles | None = None  # None where managed states are served by another host
    # By stack: a digest of the job whose files were last found safe, and what was found.
    inspected: dict[str, tuple[bytes, Inspected]] = field(default_factory=dict)
