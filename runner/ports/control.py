"""Everything that the control plane needs to decide and record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model.values.frozen import dataclass
from runner.ports.policy import NO_POLICIES, Policies

if TYPE_CHECKING:
    from runner.model.settings.server import Settings
    from runner.ports.basics import Clock, Disk, Memory
    from runner.ports.engine import Workspaces
    from runner.ports.keeping import (
        Artifacts,
        Checkpoints,
        Claims,
        Receipts,
        Reports,
        StateArchive,
    )
    from runner.ports.records.store import Store


@dataclass(frozen=True)
class ControlPorts:
    """Everything that the control plane needs to decide and record."""

    store: Store
    claims: Claims
    reports: Reports
    artifacts: Artifacts
    settings: Settings
    clock: Clock
    checkpoints: Checkpoints
    receipts: Receipts
    workspaces: Workspaces
    states: StateArchive
    disk: Disk
    memory: Memory
    policies: Policies = NO_POLICIES
