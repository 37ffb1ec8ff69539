"""What was meant for one root module in one workspace, whichever tool it was said to."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from runner.model.stack.definition import DEFAULT_WORKSPACE
from runner.model.values.frozen import dataclass

Engine = Literal["terraform", "tofu"]


@dataclass(frozen=True)
class Guess:
    """A key of the stack file that nobody wrote down, and what suggests its value."""

    key: str
    because: str


@dataclass(frozen=True)
class Project:
    """Paths are relative to `folder`, which is relative to the top of the repository. `line` is where it is declared."""

    folder: str
    name: str | None = None
    because: str = ""
    file: str = ""
    line: int = 1
    workspace: str = DEFAULT_WORKSPACE
    engine: Engine | None = None  # None: the files say it
    engine_version: str | None = None
    var_files: tuple[str, ...] = ()
    vars: Mapping[str, Any] = field(default_factory=dict)
    backend_config: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None
    plan_role: str | None = None
    apply_role: str | None = None
    watch: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()  # names of projects as the tool has them
    parallelism: int | None = None
    approvals: int | None = None
    drift_schedule: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    guesses: tuple[Guess, ...] = ()


@dataclass(frozen=True)
class Note:
    """Something that has no counterpart, or only another one: where it stands, why, and what to do instead."""

    file: str
    line: int
    key: str
    why: str
    instead: str = ""


@dataclass(frozen=True)
class Kept:
    """A value that was carried over, and what it became."""

    file: str
    line: int
    key: str
    became: str


@dataclass(frozen=True)
class LeftOut:
    """A folder that did not become a stack."""

    folder: str
    why: str
