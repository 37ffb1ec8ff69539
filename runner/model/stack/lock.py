"""Locks: the right to touch a stack, held by a run while it executes, or by a person (or a rule) with a reason."""

from datetime import datetime

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Lock:
    """`run` names the run that holds it, or whose unfinished work is the reason for it."""

    stack: str
    holder: str
    reason: str
    since: datetime
    process: str | None = None  # "pid 4711 on host", for an executing run
    run: int | None = None
    unresolved: bool = False  # that run is interrupted, and waits for a person to resolve it

    @property
    def way_out(self) -> str:
        """The command that resolves it."""
        if self.unresolved:
            return f'driftline run resolve run-{self.run} --as applied|failed -m "..."'
        if self.process is not None:
            return f"driftline logs -f {self.holder}   or stop it with   driftline run cancel {self.holder}"
        return f'driftline lock release {self.stack} --reason "..."'


@dataclass(frozen=True)
class Leftover:
    """Processes that outlive the run that started them: a provisioner's child in the background."""

    run: str
    state: str  # digest of the state identity that they may still change
    pids: tuple[int, ...]


@dataclass(frozen=True)
class StateLock:
    """terraform's own lock on a state, as the backend reports it."""

    id: str
    operation: str = ""
    who: str = ""
    created: str = ""  # as terraform writes it: 2026-11-21 04:11:09.123 +0000 UTC
    path: str = ""
    version: str = ""  # of the terraform that took it

    def __str__(self) -> str:
        holder = f"{self.operation or 'lock'} {self.id}"
        return (
            holder
            + (f" by {self.who}" if self.who else "")
            + (f" since {self.created}" if self.created else "")
        )
