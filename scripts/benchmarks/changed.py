"""Plans and checks that find one change on AWS, beside what they are without Driftline: init, plan and show."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.clouds import Missing, cloud
from benchmarks.estate import BARE, Estate
from benchmarks.figure import Figure, Sample, at_most_times, skipped
from benchmarks.processes import used
from benchmarks.size import Size
from runner.model.warm.provider import Way

RESOURCES = {"few": 2, "many": 17}


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    folder.mkdir()
    try:
        with cloud(size, folder / "cloud") as there:
            estate = Estate(folder / "estate", there, {"few": there.small, "many": there.large})
            for name, count in RESOURCES.items():
                there.change(name)
                yield from _changed(size, estate, name, f"of {count} {there.title} resources, one changed")
            estate.close()
    except Missing as missing:
        yield skipped("changed plans of AWS resources", str(missing))


def _changed(size: Size, estate: Estate, name: str, title: str) -> Iterator[Figure]:
    """The first plan is compared with a full one; those after it stand alone."""
    bare = partial(estate.bare, name)
    first = used(partial(estate.plan, name), estate.cloud.played_by)
    estate.expect_plan(name, Way.COMPARED)
    rival = used(bare, estate.cloud.played_by)
    yield at_most_times(1.3, f"first plan {title}, cpu", Sample((first.cpu,)), Sample((rival.cpu,)), BARE)
    estate.check(name, finds=True)  # the first one is compared for the sake of its code
    for what, call in (("plan", estate.plan), ("check", partial(estate.check, finds=True))):
        yield from _rounds(size, estate, f"{what} {title}", partial(call, name), bare)
        estate.expect_plan(name, Way.PROBED)


def _rounds(
    size: Size, estate: Estate, title: str, ours: Callable[[], object], bare: Callable[[], object]
) -> Iterator[Figure]:
    seen = [tuple(used(call, estate.cloud.played_by) for call in (ours, bare)) for _ in range(size.part(8))]
    for what in ("cpu", "wall"):
        measured, rival = (Sample(tuple(getattr(one[side], what) for one in seen)) for side in (0, 1))
        yield at_most_times(1 / 5, f"{title}, {what}", measured, rival, BARE)
