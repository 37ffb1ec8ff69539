"""Who may have caused a drift: calls that can explain it, each with a confidence and its reasons."""

from datetime import datetime

from runner.model.suspects.actor import Actor
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class OwnRun:
    """A run of this installation that applied something, and when."""

    stack: str
    since: datetime
    until: datetime


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
        return f"Driftline, {self.run} of {self.stack}" if self.run else str(self.actor)
