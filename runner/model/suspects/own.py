"""Runs of this installation, and whether a call is theirs. Anybody may name a session like that of a run."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from runner.model.suspects.event import TrailEvent
from runner.model.values.frozen import dataclass

SLACK = timedelta(minutes=2)


@dataclass(frozen=True)
class OwnRun:
    """A run that applied something, when, and the ARN of the role that it assumed for that.

    Without a role it has no session of its own, so no call can be known to be its own.
    """

    stack: str
    since: datetime
    until: datetime
    role: str = ""

    def has_assumed(self, role: str, account: str) -> bool:
        """CloudTrail names a role without its path."""
        _, _, rest = self.role.partition(":iam::")
        return bool(rest) and rest.partition(":")[0] == account and rest.rpartition("/")[2] == role


def own_run(event: TrailEvent, runs: Mapping[str, OwnRun]) -> OwnRun | None:
    """The run that made the call. The name of its session proves nothing: role, account and time have to fit too."""
    run = runs.get(event.actor.run or "")
    if run is None or not run.has_assumed(event.actor.role, event.actor.account):
        return None
    return run if run.since - SLACK <= event.at <= run.until + SLACK else None
