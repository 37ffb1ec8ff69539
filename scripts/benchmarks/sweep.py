"""A check of every stack of an account, two of which have drifted, beside two shells that do it with bare terraform."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.clouds import Missing, cloud
from benchmarks.estate import BARE, SLOTS, Estate
from benchmarks.figure import Figure, Sample, at_least_times, at_most_times, exactly, skipped, timed
from benchmarks.installation import PERSON
from benchmarks.processes import peak, used
from benchmarks.size import Size
from runner.model.run.life import State
from runner.model.warm.provider import Way
from runner.service.operator.request import request_check

CORES = 2
DRIFTED = 2


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    folder.mkdir()
    try:
        with cloud(size, folder / "cloud") as there, _cores():
            names = [f"s{number}" for number in range(size.sweep_stacks)]
            estate = Estate(folder / "estate", there, dict.fromkeys(names, there.small))
            yield from _sweeps(size, estate)
            estate.close()
    except Missing as missing:
        yield skipped("sweep of AWS stacks", str(missing))


def _sweeps(size: Size, estate: Estate) -> Iterator[Figure]:
    some = estate.names[: size.sweep_bare]
    _warm_up(size, estate, some)
    yield from _clean(size, estate, some)
    # Far from each other, and none that bare terraform looks at.
    drifted = estate.names[size.sweep_bare :: len(estate.names) // 3][:DRIFTED]
    for name in drifted:
        estate.cloud.change(name)
    ours, bare = [], []
    for _ in range(size.part(30)):
        ours.append(_Seen.of(estate, estate.names, _sweep))
        bare.append(_Seen.of(estate, some, _bare_sweep))
    title = f"sweep of {len(estate.names)} {estate.cloud.title} stacks"
    shells = f"{CORES} shells: {BARE}; {len(some)} of them"
    yield at_least_times(
        30, f"{title}, a minute", _each(ours, "pace"), _each(bare, "pace"), shells, "stacks/min"
    )
    yield exactly(DRIFTED, f"{title}: reported", Sample((_reported(estate, drifted),)))
    yield at_most_times(
        1, f"{title}: memory per slot", _each(ours, "memory"), _each(bare, "memory"), shells, "MB"
    )


def _clean(size: Size, estate: Estate, some: Sequence[str]) -> Iterator[Figure]:
    """CPU of a check where nothing has drifted, and everything is paid, from the request to the end of the last provider."""
    ours, bare = [], []
    estate.end_shared()
    for _ in range(size.part(20)):
        ours.append(used(partial(_clean_sweep, estate), estate.cloud.played_by).cpu / len(estate.names))
        bare.append(used(partial(_bare_sweep, estate, some), estate.cloud.played_by).cpu / len(some))
    title = f"sweep of {len(estate.names)} {estate.cloud.title} stacks, clean: cpu a check"
    yield at_most_times(1 / 180, title, Sample(tuple(ours)), Sample(tuple(bare)), BARE)


def _clean_sweep(estate: Estate) -> None:
    _sweep(estate, estate.names)
    estate.end_shared()


def _warm_up(size: Size, estate: Estate, some: Sequence[str]) -> None:
    """Each stack is initialised and was compared before, some also for bare terraform."""
    first = estate.names[0]
    estate.first_check(first)
    estate.take_over(estate.record(first), estate.names[1:])
    _sweep(estate, estate.names)
    _sweep(estate, estate.names)
    for name in estate.names:
        estate.expect(name, Way.REPLAYED)
    if size.warms_up:
        _bare_sweep(estate, some)


def _sweep(estate: Estate, names: Sequence[str]) -> None:
    app = estate.installation.app
    runs, _ = request_check(app.control, names, PERSON)
    estate.work()
    with app.store.reading() as reader:
        ended = [reader.run(run.id) for run in runs]
    for run in ended:
        if run.state not in {State.NO_CHANGES, State.DRIFTED}:
            raise RuntimeError(f"{run.name} of {run.stack} is {run.state}: {run.reason}")


def _bare_sweep(estate: Estate, names: Sequence[str]) -> None:
    with ThreadPoolExecutor(CORES) as shells:
        list(shells.map(estate.bare, names))


def _reported(estate: Estate, drifted: Sequence[str]) -> int:
    """Of those that have drifted, and only of those, each found by a plain plan."""
    with estate.installation.app.store.reading() as reader:
        reported = {report.stack for report in reader.reports()}
    for name in drifted:
        estate.expect(name, Way.COMPARED)
    if not reported <= set(drifted):
        raise RuntimeError(f"reported: {reported}; drifted: {drifted}")
    return len(reported)


@dataclass(frozen=True)
class _Seen:
    pace: float  # stacks a minute
    memory: float  # megabytes at the most, for each of those that go on at once

    @classmethod
    def of(
        cls, estate: Estate, names: Sequence[str], sweep: Callable[[Estate, Sequence[str]], None]
    ) -> "_Seen":
        with peak(estate.cloud.played_by) as seen:
            seconds = timed(lambda: sweep(estate, names))
        return cls(len(names) / seconds * 60, seen.memory / SLOTS)


def _each(seen: Sequence[_Seen], what: str) -> Sample:
    return Sample(tuple(getattr(one, what) for one in seen))


@contextmanager
def _cores() -> Iterator[None]:
    """No more of them for either side, also on a larger machine; what plays the cloud has them all."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(all_of_them)[:CORES])
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)
