"""Run the benchmarks and print a table. The exit code says whether they ran, not whether they are fast."""

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import (
    approvals,
    audit,
    changed,
    commands,
    confine,
    daemon,
    discover,
    drift,
    events_aws,
    fleet,
    lock,
    look,
    modules,
    notify,
    plan,
    policy,
    poll,
    remote,
    rules,
    shim,
    sweep,
    web,
)
from benchmarks.figure import Figure, document, table
from benchmarks.size import FULL, TINY, Size
from runner.host import log

BENCHMARKS: dict[str, Callable[[Size, Path], Iterator[Figure]]] = {
    "poll": poll.measure,
    "discover": discover.measure,
    "plan": plan.measure,
    "look": look.measure,
    "commands": commands.measure,
    "approvals": approvals.measure,
    "daemon": daemon.measure,
    "lock": lock.measure,
    "audit": audit.measure,
    "rules": rules.measure,
    "shim": shim.measure,
    "confine": confine.measure,
    "policy": policy.measure,
    "drift": drift.measure,
    "changed": changed.measure,
    "drift-modules": modules.measure,
    "drift-sweep": sweep.measure,
    "web": web.measure,
    "notify": notify.measure,
    "events-aws": events_aws.measure,
    "fleet": fleet.measure,
    "remote": remote.measure,
}


def main() -> int:
    options = _options()
    log.configure(quiet=True)
    figures: list[Figure] = []
    broken: list[str] = []
    with tempfile.TemporaryDirectory(prefix="driftline-bench-", dir=options.folder) as root:
        for name in options.names or BENCHMARKS:
            print(f"{name} ...", file=sys.stderr, flush=True)
            try:
                figures.extend(BENCHMARKS[name](options.size, Path(root) / name))
            except Exception:  # noqa: BLE001 - one that breaks must not hide the others
                traceback.print_exc()
                broken.append(name)
    print(_machine())
    print(table(figures))
    if options.json:
        Path(options.json).write_text(json.dumps([document(figure) for figure in figures], indent=2) + "\n")
    if broken:
        print(f"broken: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)}; else all")
    parser.add_argument("--json", metavar="FILE", help="write every single value there too")
    parser.add_argument("--folder", metavar="DIR", help="the disk to measure on; else where TMPDIR is")
    parser.add_argument(
        "--tiny",
        dest="size",
        action="store_const",
        const=TINY,
        default=FULL,
        help="only see that they run: the figures say nothing",
    )
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    return options


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, SQLite"
        f" {sqlite3.sqlite_version}, {platform.system()} {platform.release()}. Medians of interleaved rounds count;"
        " the best is what a quiet machine would show."
    )


if __name__ == "__main__":
    sys.exit(main())
