"""A lease: one worker executes one run, as long as its heartbeats come."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from runner.model.run.life import Claim, Run
from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.model.execution.job import Job

BEAT_SECONDS = 15.0
MISSED = 3  # heartbeats in a row, after which a worker is silent
SILENCE = timedelta(seconds=BEAT_SECONDS * MISSED)
_LEASED = "lease-"


class LeaseEnd(StrEnum):
    SETTLED = "settled"  # its result was recorded
    LOST = "lost"  # its heartbeats stopped, and it had changed nothing
    GIVEN_UP = "given up"  # a person said that its worker will not come back


@dataclass(frozen=True)
class Lease:
    """`fence` grows with every lease: whoever writes with an older one is too late."""

    fence: int
    run: int
    attempt: int
    pool: str
    worker: str
    job: "Job"
    since: datetime
    heard: datetime  # of its last heartbeat, or any other call of its worker
    end: LeaseEnd | None = None

    def silent(self, now: datetime, listening: datetime | None = None) -> bool:
        """Whether its worker has missed its heartbeats, counted from when the server was `listening`."""
        heard = self.heard if listening is None else max(self.heard, listening)
        return self.end is None and now >= heard + SILENCE


def lease_claim(token: str, worker: str, since: datetime) -> Claim:
    """The claim that the run shows. It does not look like one of a process on this host, so recovery leaves it alone."""
    return Claim(token=f"{_LEASED}{token}", host=worker, pid=0, since=since)


def is_leased(run: Run) -> bool:
    """Whether a worker of a pool executes it."""
    return run.claim is not None and run.claim.token.startswith(_LEASED)
