"""Who may have caused a drift: calls that can explain it, each with a confidence and its reasons."""

from datetime import datetime

from runner.model.suspects.actor import Actor
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Suspect:
    """One call. `attributes` are those that it explains; `confidence` is in percent.

    `run` and `stack` are set where the session is that of a run of this installation.
    """

    address: str
    attributes: tuple[str, ...]
    actor: Actor
    at: datetime
    event: str
    event_id: str
    service: str
    account: str
    region: str
    ip: str
    agent: str
    tool: str
    request: str
    confidence: int
    reasons: tuple[str, ...]
    run: str = ""
    stack: str = ""

    @property
    def who(self) -> str:
        return f"Driftline, {self.run} of {self.stack or 'another stack'}" if self.run else str(self.actor)


@dataclass(frozen=True)
class Suspicion:
    """What is known about the cause of one drift. `fingerprint` is that of the drift that was looked up.

    It is looked up again at `next_look`, since calls are recorded late; None if this is final.
    """

    report: int
    fingerprint: str
    since: datetime
    until: datetime
    suspects: tuple[Suspect, ...] = ()
    unexplained: tuple[str, ...] = ()  # resources for which nobody was found
    searched: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    looks: int = 0
    looked_at: datetime | None = None
    next_look: datetime | None = None

    @property
    def final(self) -> bool:
        return self.next_look is None

    def of(self, address: str) -> tuple[Suspect, ...]:
        """Best first."""
        return tuple(one for one in self.suspects if one.address == address)
