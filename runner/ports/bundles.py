"""What is handed to a worker and to the control plane as one thing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from runner.model.job import Job
from runner.model.settings import Settings
from runner.ports.basics import Clock
from runner.ports.engine import Engine, Workspaces
from runner.ports.git import Git
from runner.ports.keeping import Artifacts, Claims, Reports, Secrets
from runner.ports.records import Store


class ApplyGate(Protocol):
    """What a worker asks of the control plane in the middle of an apply."""

    def start(self, job: Job, plan_digest: str, planned_at: datetime) -> None:
        """Make it durable that this plan is about to be applied; Blocked or Conflict where it may not be."""
        ...


@dataclass(frozen=True)
class WorkerPorts:
    """All that executing a job needs. The store is not among it: a worker may be another machine."""

    git: Git
    engine: Engine
    workspaces: Workspaces
    artifacts: Artifacts
    secrets: Secrets
    clock: Clock


@dataclass(frozen=True)
class ControlPorts:
    """All that deciding and recording needs."""

    store: Store
    claims: Claims
    reports: Reports
    artifacts: Artifacts
    settings: Settings
    clock: Clock
