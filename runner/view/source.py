"""Sources: where the stacks come from, and what the last poll of each found."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from runner.model.forge.consumer import consumer_of
from runner.model.schedule.poll_due import retry_after
from runner.model.schedule.polling import Cadence, PollMeasures
from runner.model.settings.server import Settings
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import Stack
from runner.model.stack.source import SourceStatus
from runner.model.values.frozen import dataclass
from runner.ports.records.store import Reader
from runner.service.cycle.cadence import cadences
from runner.view.when import whole
from runner.view.words import times


@dataclass(frozen=True)
class SourceRow:
    """`revision` is the newest one that was taken; `refused` one that was not. `forge_problem` is why its forge could not
    be read or written the last time.
    """

    name: str
    revision: str | None
    polled_at: datetime | None
    moved_at: datetime | None
    problem: str | None
    refused: str | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    rewritten_from: str | None
    rewritten_at: datetime | None
    failures: int
    poll: str | None  # its interval, or `auto`
    next_poll: datetime | None  # None while no daemon runs
    poll_reason: str
    configured: bool
    url: str | None
    branch: str | None
    stacks: int
    forge_problem: str | None = None
    forge_failing_since: datetime | None = None
    forge_next_try: datetime | None = None

    @property
    def is_refused(self) -> bool:
        """Its head is not trusted; with a problem otherwise, it could not be reached."""
        return self.refused is not None and not self.failures

    @property
    def trouble(self) -> str:
        """What its problem is, as a sentence."""
        if self.problem is None:
            return ""
        if self.is_refused:
            return f"{(self.refused or '')[:12]} is refused as a whole: {self.problem}"
        return f"could not be polled {times(self.failures)}: {self.problem}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """Everything about it that a person should know, the worst first."""
        said = [self.trouble] if self.problem else []
        if self.rewritten_from and self.rewritten_at:
            said.append(
                f"its history was rewritten (force-push) at {self.rewritten_at:%Y-%m-%d %H:%M} UTC;"
                f" {self.rewritten_from[:12]} is no longer in it"
            )
        if self.forge_problem:
            said.append(f"its forge: {self.forge_problem}")
        return (*said, *self.problems, *self.notes)


SourceRows = tuple[SourceRow, ...]
Answers = Mapping[
    str, datetime
]  # when each source last answered, where a poll that found nothing keeps no record


@dataclass(frozen=True)
class Polling:
    """How the sources are polled, as the host knows it now."""

    answers: Answers
    cadences: Mapping[str, Cadence] = field(default_factory=dict)  # none while no daemon runs

    def last(self, of: SourceStatus) -> datetime | None:
        times = [moment for moment in (of.polled_at, self.answers.get(of.name)) if moment is not None]
        return max(times, default=None)

    def next(self, of: SourceStatus) -> tuple[datetime | None, str]:
        cadence, last = self.cadences.get(of.name), self.last(of)
        if cadence is None or last is None:
            return None, ""
        if of.failures < 2:
            return last + timedelta(seconds=cadence.seconds), cadence.why
        return last + retry_after(cadence.seconds, of.failures), f"{of.failures} consecutive polls failed"


def polling(
    reader: Reader,
    settings: Settings,
    answers: Answers,
    measures: PollMeasures,
    *,
    daemon: bool,
    now: datetime,
) -> Polling:
    """As the daemon decides it, while one runs."""
    return Polling(answers, cadences(reader, settings.sources, measures, now) if daemon else {})


def source_rows(reader: Reader, settings: Settings, polls: Polling, stacks: Iterable[Stack]) -> SourceRows:
    """Those that are configured, then those that were; `stacks` are all that the reader sees."""
    known = {status.name: status for status in reader.sources()}
    configured = {source.name: source for source in settings.sources}
    present = Counter(stack.source for stack in stacks if stack.missing_since is None)
    return tuple(
        _at_forge(
            reader,
            configured.get(name),
            source_row(known.get(name, SourceStatus(name)), configured.get(name), present[name], polls),
        )
        for name in (*configured, *sorted(known.keys() - configured.keys()))
        if reader.sees_source(name)
    )


def _at_forge(reader: Reader, settings: SourceSettings | None, row: SourceRow) -> SourceRow:
    if settings is None or settings.forge is None:
        return row
    cursor = reader.cursor(consumer_of(row.name))
    if cursor is None or not cursor.problem:
        return row
    return replace(
        row,
        forge_problem=cursor.problem,
        forge_failing_since=whole(cursor.failing_since),
        forge_next_try=whole(cursor.next_try),
    )


def source_row(of: SourceStatus, settings: SourceSettings | None, stacks: int, polls: Polling) -> SourceRow:
    next_poll, why = polls.next(of)
    return SourceRow(
        name=of.name,
        revision=of.head,
        polled_at=whole(polls.last(of)),
        moved_at=whole(of.moved_at),
        problem=of.problem,
        refused=of.refused,
        problems=of.problems,
        notes=of.notes,
        rewritten_from=of.rewritten_from,
        rewritten_at=whole(of.rewritten_at),
        failures=of.failures,
        poll=str(settings.poll) if settings else None,
        next_poll=whole(next_poll),
        poll_reason=why,
        configured=settings is not None,
        url=settings.url if settings else None,
        branch=settings.branch if settings else None,
        stacks=stacks,
    )
