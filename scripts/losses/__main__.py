"""Run checks and applies over workers that lose everything, and print what was found. The exit code is 1 where anything was."""

import argparse
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path

from crashes.people import ANA, People
from crashes.verdict import verdict

from losses.fleet import Fleet, possible
from losses.harm import Harm
from runner.errors import DriftlineError
from runner.host import log
from runner.model.run.life import Kind, Run, State
from runner.ports.records.runs import RunFilter
from runner.service.operator.request import request_check, request_plan

QUIET_SECONDS = 600.0
LOOK_SECONDS = 1.0
COMMITS = 0.05  # at each look of those who commit: a plan has to end before the next commit supersedes it
SILENT = "workers fell silent"  # a plan that met three kills has failed, and says so; a person asks again


def main() -> int:
    options = _options()
    if why := possible():
        print(why, file=sys.stderr)
        return 2
    log.configure(quiet=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no namespace stays
    print(
        f"seed {options.seed}: {options.checks} checks and {options.applies} applies over {options.workers} workers"
    )
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dl-losses-", dir=options.folder) as root:
        fleet = Fleet.laid(Path(root).resolve(), options.stacks, options.workers)
        faults, harm = lose(fleet, options)
    acts = ", ".join(f"{count} x {name}" for name, count in sorted(harm.done.items()))
    print(f"{time.monotonic() - began:.0f} s; {acts}")
    for fault in faults:
        print(f"  {fault}")
    print(f"faults {len(faults)}")
    return 1 if faults else 0


def lose(fleet: Fleet, options: argparse.Namespace) -> tuple[list[str], Harm]:
    with _working(fleet, options) as (people, harm):
        people.start()
        _until(fleet, lambda: len(fleet.lines("applied")) >= options.applies)
        people.rest()
        checks = _checks(fleet, options.checks)
        harm.stop()
        _until(fleet, lambda: not _open(fleet))
        people.stop()
        applies = len(fleet.lines("applied"))
        seen = verdict(fleet, people.steps, whole_tree=options.hosts)
        faults = [f"{part.name}: {text}" for part in fields(seen) for text in getattr(seen, part.name)]
        faults += _check_faults(fleet, checks)
        print(f"{applies} applies, {len(checks)} checks, {len(people.interrupted)} applies interrupted")
    return faults, harm


@contextmanager
def _working(fleet: Fleet, options: argparse.Namespace) -> Iterator[tuple[People, Harm]]:
    hosts = [fleet.host(number) for number in range(1, options.workers + 1)]
    harm = Harm(fleet, hosts, options.seed, whole_hosts=options.hosts)
    try:
        for host in hosts:
            host.build()
            host.start()
        harm.start()
        yield People(fleet, options.seed, commits=COMMITS), harm
    finally:
        harm.stop()
        for host in hosts:
            host.remove()
        harm.end()


def _checks(fleet: Fleet, count: int) -> set[int]:
    """So many checks, each of which is final before its stack gets the next one."""
    _until(fleet, lambda: not _open(fleet))
    before = {run.id for run in _of(fleet, Kind.DRIFT)}
    while len(asked := {run.id for run in _of(fleet, Kind.DRIFT)} - before) < count:
        for stack in fleet.stacks[: count - len(asked)]:
            with suppress(DriftlineError):
                request_check(fleet.app.control, [stack], ANA)
        _until(fleet, lambda: not _open(fleet))
    return asked


def _check_faults(fleet: Fleet, checks: set[int]) -> Iterator[str]:
    for run in _of(fleet, Kind.DRIFT):
        if run.id not in checks or run.state is State.NO_CHANGES:
            continue
        if SILENT not in run.reason:
            yield f"check {run.name} of {run.stack} is {run.state}: {run.reason}"


def _until(fleet: Fleet, happened: Callable[[], bool]) -> None:
    """Whoever waits asks again for plans that met too many kills."""
    end = time.monotonic() + QUIET_SECONDS
    known = len(_all(fleet))
    while not happened():
        time.sleep(LOOK_SECONDS)
        if len(runs := _all(fleet)) != known:
            known, end = len(runs), time.monotonic() + QUIET_SECONDS
        if time.monotonic() > end:
            print(
                "nothing goes on:",
                *[f"{run.name} {run.state} {run.reason}" for run in _open(fleet)],
                sep="\n  ",
            )
            return
        _ask_again(fleet, runs)


def _ask_again(fleet: Fleet, runs: list[Run]) -> None:
    newest = {run.stack: run for run in sorted(runs, key=lambda run: run.id) if run.kind is Kind.CHANGE}
    for run in newest.values():
        if run.state is State.PLAN_FAILED and SILENT in run.reason:
            with suppress(DriftlineError):
                request_plan(fleet.app.control, fleet.app.discoverer, run.stack, ANA)


def _all(fleet: Fleet) -> list[Run]:
    with fleet.app.store.reading() as reader:
        return list(reader.runs(RunFilter(limit=1_000_000)))


def _of(fleet: Fleet, kind: Kind) -> list[Run]:
    return [run for run in _all(fleet) if run.kind is kind]


def _open(fleet: Fleet) -> list[Run]:
    with fleet.app.store.reading() as reader:
        return list(reader.open_runs())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/losstest", description=__doc__)
    parser.add_argument("--checks", type=int, default=500, metavar="N", help="how many checks (500)")
    parser.add_argument(
        "--applies", type=int, default=100, metavar="N", help="at least so many applies (100)"
    )
    parser.add_argument("--workers", type=int, default=3, metavar="N", help="each on a host of its own (3)")
    parser.add_argument("--stacks", type=int, default=20, metavar="N", help="so many stacks (20)")
    parser.add_argument("--hosts", action="store_true", help="kill whole hosts too, with shims and terraform")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32), help="of all that is random")
    parser.add_argument("--folder", metavar="DIR", help="the disk to work on; else where TMPDIR is")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
