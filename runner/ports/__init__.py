"""What the services need from the world, as narrow protocols. Adapters satisfy them; only `runner.app` names both."""

from runner.ports.basics import Cancel, Clock, Disk, Memory
from runner.ports.control import ControlPorts
from runner.ports.engine import (
    Applied,
    Aside,
    Engine,
    EngineError,
    Execution,
    NotBegun,
    Planned,
    Probed,
    Workspace,
    Workspaces,
)
from runner.ports.feed import Consumer
from runner.ports.files import Modules, StackFiles
from runner.ports.git import Git, Trees
from runner.ports.keeping import Artifacts, Checkpoints, Claims, HeldClaim, Receipts, Reports, Secrets
from runner.ports.records import NewRun, Reader, RunFilter, Store, Writer
from runner.ports.worker import ApplyGate, WorkerPorts

__all__ = [
    "Applied",
    "ApplyGate",
    "Artifacts",
    "Aside",
    "Cancel",
    "Checkpoints",
    "Claims",
    "Clock",
    "Consumer",
    "ControlPorts",
    "Disk",
    "Engine",
    "EngineError",
    "Execution",
    "Git",
    "HeldClaim",
    "Memory",
    "Modules",
    "NewRun",
    "NotBegun",
    "Planned",
    "Probed",
    "Reader",
    "Receipts",
    "Reports",
    "RunFilter",
    "Secrets",
    "StackFiles",
    "Store",
    "Trees",
    "WorkerPorts",
    "Workspace",
    "Workspaces",
    "Writer",
]
