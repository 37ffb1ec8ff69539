"""What a benchmark says: a figure, its target, and the bare tool beside it."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen in several rounds. The median is what counts; the best is what a quiet machine would show."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)


@dataclass(frozen=True, slots=True)
class Figure:
    """`counts` is what the target is about: the measured value, the ratio to the rival, or what comes on top.

    Where something that it needs is `missing`, nothing was measured, and the rest says nothing.
    """

    name: str
    unit: str
    measured: Sample
    target: str
    counts: float
    met: bool
    rival: Sample | None = None
    rival_name: str = ""
    missing: str = ""


def skipped(name: str, missing: str) -> Figure:
    return Figure(name, "", Sample(()), "", 0.0, met=False, missing=missing)


def at_most(
    limit: float, name: str, unit: str, measured: Sample, rival: Sample | None = None, rival_name: str = ""
) -> Figure:
    """The median must not be above the limit."""
    met = measured.median <= limit
    return Figure(name, unit, measured, f"≤ {quantity(limit, unit)}", measured.median, met, rival, rival_name)


def at_least(
    limit: float, name: str, unit: str, measured: Sample, rival: Sample | None = None, rival_name: str = ""
) -> Figure:
    met = measured.median >= limit
    return Figure(name, unit, measured, f"≥ {quantity(limit, unit)}", measured.median, met, rival, rival_name)


def exactly(count: int, name: str, measured: Sample) -> Figure:
    """In every single round."""
    met = set(measured.values) == {count}
    return Figure(name, "", measured, f"= {count}", measured.median, met)


def at_most_times(
    limit: float, name: str, measured: Sample, rival: Sample, rival_name: str, unit: str = "s"
) -> Figure:
    """Median by median."""
    ratio = measured.median / rival.median
    target = f"≤ bare / {1 / limit:g}" if limit < 1 else f"≤ bare x {limit:g}"
    return Figure(name, unit, measured, target, ratio, ratio <= limit, rival, rival_name)


def at_least_times(
    limit: float, name: str, measured: Sample, rival: Sample, rival_name: str, unit: str
) -> Figure:
    ratio = measured.median / rival.median
    return Figure(name, unit, measured, f"≥ bare x {limit:g}", ratio, ratio >= limit, rival, rival_name)


def at_most_above(limit: float, name: str, measured: Sample, rival: Sample, rival_name: str) -> Figure:
    """Seconds on top of the rival's, median by median."""
    above = measured.median - rival.median
    return Figure(
        name, "s", measured, f"≤ bare + {quantity(limit, 's')}", above, above <= limit, rival, rival_name
    )


def quantity(value: float, unit: str) -> str:
    if unit == "s":
        return f"{value:.2f} s" if abs(value) >= 1 else f"{value * 1000:.3g} ms"
    return f"{value:.4g} {unit}".rstrip()


def interleaved(rounds: int, *stopwatches: Callable[[], float]) -> tuple[Sample, ...]:
    """What each says. They take turns, so that what else the machine does hits all of them alike."""
    for stopwatch in stopwatches:
        stopwatch()  # to warm up
    seen = [tuple(stopwatch() for stopwatch in stopwatches) for _ in range(rounds)]
    return tuple(Sample(values) for values in zip(*seen, strict=True))


def timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


HEADS = ("FIGURE", "TARGET", "MEDIAN", "BARE", "RATIO", "", "BEST", "BARE", "RATIO", "BESIDE")


def table(figures: Iterable[Figure]) -> str:
    rows = [HEADS, *map(_row, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(figure: Figure) -> tuple[str, ...]:
    if figure.missing:
        return (figure.name, *[""] * 4, "skipped", *[""] * 3, figure.missing)
    best = max if figure.target.startswith("≥") else min
    return (
        figure.name,
        figure.target,
        *_beside(figure, median),
        ("met" if figure.met else "MISSED") + _above(figure),
        *_beside(figure, best),
        figure.rival_name,
    )


def _beside(figure: Figure, of: Callable[[tuple[float, ...]], float]) -> tuple[str, str, str]:
    measured = of(figure.measured.values)
    if figure.rival is None:
        return quantity(measured, figure.unit), "", ""
    rival = of(figure.rival.values)
    ratio = f"{measured / rival:.2f}" if rival else ""  # a tiny run may measure nothing
    return quantity(measured, figure.unit), quantity(rival, figure.unit), ratio


def _above(figure: Figure) -> str:
    return f" ({figure.counts * 1000:+.0f} ms)" if "bare +" in figure.target else ""


def document(figure: Figure) -> dict[str, object]:
    if figure.missing:
        return {"name": figure.name, "skipped": figure.missing}
    rival = figure.rival
    return {
        "name": figure.name,
        "unit": figure.unit,
        "target": figure.target,
        "counts": figure.counts,
        "met": figure.met,
        "median": figure.measured.median,
        "values": list(figure.measured.values),
        "rival": {"name": figure.rival_name, "median": rival.median, "values": list(rival.values)}
        if rival
        else None,
    }
