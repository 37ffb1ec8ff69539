"""Runs that wait for somebody to execute them, as narrow as the choice of the next one allows."""

from datetime import datetime
from typing import NamedTuple, TypeVar

from runner.model.run.life import Kind, Run, State, Trigger


class Unclaimed(NamedTuple):
    """A queued or approved run that nobody executes, with what its turn depends on; fields as those of Run.

    Each choice of the next runs looks at all of them, which may be tens of thousands. Whole runs would take ten times
    as long to read.
    """

    id: int
    stack: str
    source: str
    kind: Kind
    state: State
    trigger: Trigger
    definition: str
    managed_state: bool
    identity: str
    account: str
    changed_at: datetime
    wait_until: datetime | None


# Either is enough to put runs in their order.
AnyRun = TypeVar("AnyRun", Run, Unclaimed)
