"""Sources: where the stacks come from, and what the last poll of each found."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from runner.model.settings.server import Settings
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import Stack
from runner.model.stack.source import SourceStatus
from runner.ports.records.store import Reader
from runner.view.when import whole


@dataclass(frozen=True)
class SourceRow:
    """`revision` is the newest one that was taken; `refused` one that was not."""

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
    configured: bool
    url: str | None
    branch: str | None
    stacks: int

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
        return f"{self.failures} consecutive polls failed: {self.problem}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """Everything about it that a person should know, the worst first."""
        said = [self.trouble] if self.problem else []
        if self.rewritten_from and self.rewritten_at:
            said.append(
                f"its history was rewritten (force-push) at {self.rewritten_at:%Y-%m-%d %H:%M} UTC;"
                f" {self.rewritten_from[:12]} is no longer in it"
            )
        return (*said, *self.problems, *self.notes)


SourceRows = tuple[SourceRow, ...]
Answers = Mapping[
    str, datetime
]  # when each source last answered, where a poll that found nothing keeps no record


def source_rows(reader: Reader, settings: Settings, answers: Answers, stacks: Iterable[Stack]) -> SourceRows:
    """Those that are configured, then those that were; `stacks` are all that the reader sees."""
    known = {status.name: status for status in reader.sources()}
    configured = {source.name: source for source in settings.sources}
    present = Counter(stack.source for stack in stacks if stack.missing_since is None)
    return tuple(
        source_row(known.get(name, SourceStatus(name)), configured.get(name), present[name], answers)
        for name in (*configured, *sorted(known.keys() - configured.keys()))
        if reader.sees_source(name)
    )


def source_row(of: SourceStatus, settings: SourceSettings | None, stacks: int, answers: Answers) -> SourceRow:
    times = [moment for moment in (of.polled_at, answers.get(of.name)) if moment is not None]
    return SourceRow(
        name=of.name,
        revision=of.head,
        polled_at=whole(max(times, default=None)),
        moved_at=whole(of.moved_at),
        problem=of.problem,
        refused=of.refused,
        problems=of.problems,
        notes=of.notes,
        rewritten_from=of.rewritten_from,
        rewritten_at=whole(of.rewritten_at),
        failures=of.failures,
        configured=settings is not None,
        url=settings.url if settings else None,
        branch=settings.branch if settings else None,
        stacks=stacks,
    )
