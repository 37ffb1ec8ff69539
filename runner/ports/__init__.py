"""What the services need from the world, as narrow protocols. Adapters satisfy them; only `runner.app` names both."""

from runner.ports.basics import Cancel, Clock
from runner.ports.bundles import ApplyGate, ControlPorts, WorkerPorts
from runner.ports.engine import Applied, Engine, EngineError, Execution, Planned, Workspace, Workspaces
from runner.ports.files import Modules, StackFiles
from runner.ports.git import Git, Trees
from runner.ports.keeping import Artifacts, Claims, HeldClaim, Reports, Secrets
from runner.ports.records import NewRun, Reader, RunFilter, Store, Writer

__all__ = [
    "Applied",
    "ApplyGate",
    "Artifacts",
    "Cancel",
    "Claims",
    "Clock",
    "ControlPorts",
    "Engine",
    "EngineError",
    "Execution",
    "Git",
    "HeldClaim",
    "Modules",
    "NewRun",
    "Planned",
    "Reader",
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
