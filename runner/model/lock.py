"""Locks: the right to touch a stack, held by a run while it executes, or by a person (or a rule) with a reason."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Lock:
    """`run` names the run that holds it, or whose half-done work is the reason for it."""

    stack: str
    holder: str
    reason: str
    since: datetime
    process: str | None = None  # "pid 4711 on host", for a run that executes
    run: int | None = None
