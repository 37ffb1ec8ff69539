"""A month in a small drawing: what was applied and what failed, day by day, and on which days drift came. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from runner.model.values.frozen import dataclass
from runner.view.trends import DayRow
from runner.view.words import counted

STEP, BAR, HEIGHT, LOW = 10, 8, 44, 3  # in units of the drawing; LOW is the height of a single run among many


@dataclass(frozen=True)
class Box:
    tone: str
    y: float
    height: float


@dataclass(frozen=True)
class Day:
    """`title` says the same in words."""

    x: int
    title: str
    boxes: tuple[Box, ...]
    drift: bool


@dataclass(frozen=True)
class Spark:
    days: tuple[Day, ...]
    width: int
    sentence: str


def spark(days: Sequence[DayRow]) -> Spark:
    most = max((one.runs.applied + one.runs.failed for one in days), default=0) or 1
    return Spark(
        days=tuple(_day(number, one, most) for number, one in enumerate(days)),
        width=len(days) * STEP - (STEP - BAR),
        sentence=_sentence(
            sum(one.runs.applied for one in days),
            sum(one.runs.failed for one in days),
            sum(one.drift_opened for one in days),
        ),
    )


def _day(number: int, of: DayRow, most: int) -> Day:
    return Day(
        x=number * STEP,
        title=f"{of.day}: {_sentence(of.runs.applied, of.runs.failed, of.drift_opened)}",
        boxes=tuple(_boxes((("ok", of.runs.applied), ("fail", of.runs.failed)), most)),
        drift=of.drift_opened > 0,
    )


def _boxes(counts: Iterable[tuple[str, int]], most: int) -> Iterator[Box]:
    """From the ground up."""
    top = float(HEIGHT)
    for tone, count in counts:
        if count:
            height = max(LOW, round(HEIGHT * count / most, 1))
            top -= height
            yield Box(tone, max(0.0, round(top, 1)), height)


def _sentence(applied: int, failed: int, drift: int) -> str:
    return f"{applied} applied, {failed} failed, {counted(drift, 'new drift')}"
