"""What came of drift checks that somebody asked for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from runner.model.run.life import Run, State
from runner.model.values.frozen import dataclass
from runner.ports.records.store import Reader

Result = Literal["clean", "drifted", "error", "skipped"]
_RESULTS: dict[State, Result] = {
    State.NO_CHANGES: "clean",
    State.DRIFTED: "drifted",
    State.PLAN_FAILED: "error",
}


@dataclass(frozen=True)
class CheckedRow:
    """`acknowledged` drift may stay for now; `seconds` are those of work, without what the check waited."""

    stack: str
    result: Result
    reason: str
    report: str | None = None
    acknowledged: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class CheckPage:
    checked: int
    drifted: int
    acknowledged: int
    errors: int
    stacks: tuple[CheckedRow, ...]

    @property
    def sentence(self) -> str:
        known = f" ({self.acknowledged} acknowledged)" if self.acknowledged else ""
        return f"{self.checked} checked, {self.drifted} drifted{known}, {self.errors} errors."

    @property
    def reports(self) -> tuple[str, ...]:
        return tuple(row.report for row in self.stacks if row.report)


CheckedRows = tuple[CheckedRow, ...]


def checked_rows(reader: Reader, now: datetime, runs: Sequence[Run]) -> CheckedRows:
    took = reader.took([run.id for run in runs])
    return tuple(_checked(reader, now, run, took.get(run.id, 0.0)) for run in runs)


def check_page(names: Sequence[str], checked: Iterable[CheckedRow], skipped: Mapping[str, str]) -> CheckPage:
    """The stacks in the order in which they were named; `skipped` says of those without a run why."""
    order = {name: number for number, name in enumerate(names)}
    rows = [*checked, *(CheckedRow(name, "skipped", reason) for name, reason in skipped.items())]
    return _counted(sorted(rows, key=lambda row: order.get(row.stack, len(order))))


def _counted(rows: Iterable[CheckedRow]) -> CheckPage:
    stacks = tuple(rows)
    return CheckPage(
        checked=sum(row.result != "skipped" for row in stacks),
        drifted=sum(row.result == "drifted" for row in stacks),
        acknowledged=sum(row.acknowledged for row in stacks),
        errors=sum(row.result == "error" for row in stacks),
        stacks=stacks,
    )


def _checked(reader: Reader, now: datetime, run: Run, seconds: float) -> CheckedRow:
    result = _RESULTS.get(run.state, "skipped")
    return CheckedRow(
        stack=run.stack,
        result=result,
        reason=run.reason if result != "skipped" else f"{run.state.in_words}: {run.reason}",
        report=f"dr-{run.report}" if run.report else None,
        acknowledged=result == "drifted" and run.report is not None and _known(reader, now, run.report),
        seconds=round(seconds, 3),
    )


def _known(reader: Reader, now: datetime, report: int) -> bool:
    """As it is after these checks."""
    return reader.report(report).acknowledged(now)
