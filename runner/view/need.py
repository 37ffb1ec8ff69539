"""What waits for a person: one thing, why, and the ways to answer it."""

from enum import StrEnum

from runner.model.values.frozen import dataclass


class Why(StrEnum):
    DISK = "disk"
    BROKER = "broker"
    SILENT = "silent"
    POOL = "pool"
    PLACE = "place"
    RELOAD = "reload"
    LINGERS = "lingers"
    RESTORED = "restored"
    CHECKPOINTS = "checkpoints"
    APPROVAL = "approval"
    READY = "ready"
    DRIFT = "drift"
    CHECK = "check"
    LOCK = "lock"
    FAILED = "failed"
    PROBLEM = "problem"
    MISSING = "missing"
    SOURCE = "source"
    FORGE = "forge"
    PROBE = "probe"
    EVENTS = "events"
    QUEUE = "queue"


@dataclass(frozen=True)
class Way:
    """One of several answers, and the command that gives it."""

    answer: str
    command: str


@dataclass(frozen=True)
class Need:
    """Something that waits for a person. `failure`: something went wrong, rather than waits for an answer."""

    why: Why
    name: str  # of the run, the report, the stack or the source
    stack: str | None
    text: str
    command: str
    failure: bool = False
    ways: tuple[Way, ...] = ()  # where there are several answers
