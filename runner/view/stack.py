"""Stacks in a list: each on its three axes."""

from datetime import datetime

from runner.model.stack.definition import DriftStatus, Health, Pause, Sync
from runner.model.values.frozen import dataclass
from runner.view import words
from runner.view.facts import StackFacts
from runner.view.when import ago, whole


@dataclass(frozen=True)
class FailingCheckRow:
    address: str
    message: str
    since: datetime

    def sentence(self, now: datetime) -> str:
        return f"{self.address} fails: {self.message}, first seen {ago(self.since, now)}"


@dataclass(frozen=True)
class LastRun:
    """`did` is what it did or would do, in one word."""

    did: str
    state: str
    at: datetime


@dataclass(frozen=True)
class PauseView:
    """A person's pause; the one that Git says is in the definition."""

    by: str
    reason: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class StackRow:
    """`path` and `file` are None for a stack that was never sound: nothing is known of it but `reason`."""

    name: str
    source: str
    path: str | None = None
    file: str | None = None
    branch: str | None = None
    revision: str | None = None
    applied_revision: str | None = None
    sync: Sync = Sync.UNKNOWN
    drift: DriftStatus = DriftStatus.UNKNOWN
    drift_reason: str = ""
    health: Health = Health.ERROR
    reason: str = ""
    note: str = ""  # the reason, only where there is something to do or to know
    inputs: str = "not fully known"
    unknown_inputs: tuple[str, ...] = ()
    failing_checks: tuple[FailingCheckRow, ...] = ()
    labels: dict[str, str]
    checked_at: datetime | None = None
    check_failures: int = 0
    next_check_at: datetime | None = None
    last_run: str | None = None
    last: LastRun | None = None
    missing_since: datetime | None = None  # since when Git has it no longer
    pause: PauseView | None = None

    @property
    def at(self) -> str:
        """What is applied, and the newest one where Git has moved on: `main@ab12cd3 -> 9fe01aa`."""
        applied, newest = (self.applied_revision or "")[:7], (self.revision or "-")[:7]
        moved = applied and self.sync is not Sync.SYNCED and applied != newest
        return f"{self.branch or '?'}@{applied or newest}{f' -> {newest}' if moved else ''}"


StackRows = tuple[StackRow, ...]


def pause_view(of: Pause) -> PauseView:
    return PauseView(of.by, of.reason, whole(of.since), whole(of.until))


def stack_row(facts: StackFacts) -> StackRow:
    stack, (health, _), last = facts.stack, facts.health, facts.last
    return StackRow(
        name=stack.name,
        source=stack.source,
        path=stack.module_path,
        file=stack.file,
        branch=facts.branch,
        revision=stack.revision,
        applied_revision=stack.applied_revision,
        sync=stack.sync,
        drift=stack.drift,
        drift_reason=stack.drift_reason,
        health=health,
        reason=facts.reason,
        note=_note(facts),
        inputs="not fully known" if stack.unknown_inputs else "known",
        unknown_inputs=stack.unknown_inputs,
        failing_checks=tuple(
            FailingCheckRow(one.address, one.message, whole(one.since)) for one in stack.failing_checks
        ),
        labels=dict(stack.definition.labels),
        checked_at=whole(stack.checked_at),
        check_failures=stack.check_failures,
        next_check_at=whole(facts.next_check_at),
        last_run=last.name if last else None,
        last=LastRun(words.verb(last), last.state.value, whole(last.changed_at)) if last else None,
        missing_since=whole(stack.missing_since),
        pause=None if stack.pause is None else pause_view(stack.pause),
    )


def _note(facts: StackFacts) -> str:
    view = facts.view
    waits = view.open_change is not None or view.waits_for or view.promotion is not None
    if facts.health[0] is not Health.OK or waits:
        return facts.reason
    return "source missing" if facts.stack.missing_since is not None else facts.source_note
