"""What came of polling a source that somebody asked for."""

from typing import TYPE_CHECKING

from runner.model.settings.source import SourceSettings
from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.service.cycle.poll import Polled


@dataclass(frozen=True)
class SourceToPoll:
    source: str
    branch: str


@dataclass(frozen=True)
class PollRow:
    """`revision` is the newest one that was taken; `refused` is a newer one that is not trusted, `untaken` one that could not be read."""

    source: str
    revision: str | None
    moved: bool
    stacks: int
    problem: str | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    rewritten_from: str | None
    refused: str | None
    branch: str
    untaken: str | None = None


PollRows = tuple[PollRow, ...]


def poll_row(of: "Polled", source: SourceSettings) -> PollRow:
    return PollRow(
        source=source.name,
        revision=of.revision,
        moved=of.moved,
        stacks=of.stacks,
        problem=of.problem,
        problems=of.problems,
        notes=of.notes,
        rewritten_from=of.rewritten_from,
        refused=of.refused,
        branch=source.branch,
        untaken=of.untaken,
    )
