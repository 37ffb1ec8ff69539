"""All that executing a job needs. The records are not among it: a worker may be another machine."""

from dataclasses import dataclass, field
from typing import Protocol

from runner.model.approval.binding import EngineFacts
from runner.model.execution.job import Job
from runner.model.settings.source import SourceSettings
from runner.ports.basics import Clock
from runner.ports.engine import Engine, Workspaces
from runner.ports.files import Modules
from runner.ports.git import Git
from runner.ports.keeping import Artifacts, Secrets


class ApplyGate(Protocol):
    """What a worker asks of the control plane in the middle of an apply."""

    def start(self, job: Job, plan_digest: str, facts: EngineFacts) -> None:
        """Make it durable that this plan is about to be applied; Blocked or Conflict where it may not be.

        `facts` are the engine's, as they are now.
        """
        ...


@dataclass(frozen=True)
class WorkerPorts:
    """All that executing a job needs. The store is not among it: a worker may be another machine."""

    git: Git
    modules: Modules
    engine: Engine
    workspaces: Workspaces
    artifacts: Artifacts
    secrets: Secrets
    clock: Clock
    sources: tuple[SourceSettings, ...] = ()  # as this worker knows them: how to log in
    # By stack, a mark of what was last found safe to use.
    inspected: dict[str, bytes] = field(default_factory=dict)
