"""A managed state and its versions, of which the newest one is the state."""

import hashlib
from datetime import datetime
from enum import StrEnum

from runner.model.stack.definition import Stack
from runner.model.values.frozen import dataclass


class Origin(StrEnum):
    """How a version came about."""

    APPLY = "apply"
    HEAL = "heal"
    DESTROY = "destroy"
    IMPORT = "import"
    PUSH = "push"
    ROLLBACK = "rollback"
    FILE = "file"  # found in the data directory: from before versions were kept, or put there by hand


@dataclass(frozen=True)
class StateKey:
    """Which state: the name of the folder that a stack's states are kept under, and terraform's workspace."""

    folder: str
    workspace: str

    @classmethod
    def of(cls, stack: Stack) -> "StateKey":
        return cls(stack.folder, stack.definition.terraform_workspace)

    @property
    def name(self) -> str:
        """For a folder: names of stacks have slashes, and those of workspaces almost anything."""
        return hashlib.sha256(f"{self.folder}\0{self.workspace}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class StateVersion:
    """`number` counts from 1 and never goes back, whatever the serial does."""

    number: int
    serial: int
    lineage: str
    digest: str  # SHA-256 of its content
    size: int
    resources: int | None  # managed instances; unknown for a state that OpenTofu encrypted
    engine_version: str
    origin: Origin
    by: str  # a person, or a run such as `run-7`
    at: datetime


@dataclass(frozen=True)
class KeptState:
    """A state with its newest version."""

    key: StateKey
    newest: StateVersion
    versions: int  # how many are kept
