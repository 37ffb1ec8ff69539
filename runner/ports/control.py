"""Everything that the control plane needs to decide and record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.settings.server import Settings
    from runner.ports.basics import Clock, Disk, Memory
    from runner.ports.keeping import (
        Artifacts,
        Checkpoints,
        Claims,
        Receipts,
        Reports,
        StateArchive,
    )
    from runner.ports.policy import Policies
    from runner.ports.records.store import Store
    from runner.ports.workspace import Workspaces


class ControlPorts(Protocol):
    """Everything that the control plane needs to decide and record, each part made when it is first used."""

    @property
    def store(self) -> Store: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def artifacts(self) -> Artifacts: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def checkpoints(self) -> Checkpoints: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def workspaces(self) -> Workspaces: ...
    @property
    def states(self) -> StateArchive: ...
    @property
    def disk(self) -> Disk: ...
    @property
    def memory(self) -> Memory: ...
    @property
    def policies(self) -> Policies: ...
