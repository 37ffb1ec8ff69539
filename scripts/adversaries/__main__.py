"""Run the rounds and print what was found. The exit code is 1 where anything is not as if no hostile plan had been."""

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path

from adversaries.siege import Found, Siege
from runner.host import log
from runner.sandbox import namespaced

SIEGE = 50  # rounds of one installation


def main() -> int:
    options = _options()
    log.configure(quiet=True)
    if (problem := namespaced.problem()) is not None:
        print(f"hostile code is run in namespaces only, and there are none: {problem}", file=sys.stderr)
        return 2
    began, seen = time.monotonic(), Found()
    for first in range(0, options.rounds, SIEGE):
        seed = options.seed + first
        rounds = min(SIEGE, options.rounds - first)
        print(f"--seed {seed} --rounds {rounds}", flush=True)
        with tempfile.TemporaryDirectory(prefix="dl-adversary-", dir=options.folder) as root:
            _add(seen, Siege(Path(root).resolve(), seed).go_on(rounds))
        if seen.faults:
            break
    return _report(seen, time.monotonic() - began)


def _add(seen: Found, found: Found) -> None:
    seen.faults += found.faults
    seen.rounds += found.rounds
    seen.silent += found.silent
    seen.slowest = max(seen.slowest, found.slowest)
    seen.done.update(found.done)
    seen.refused.update(found.refused)


def _report(seen: Found, seconds: float) -> int:
    print(
        f"{seen.rounds} hostile plans in {seconds:.0f} s, the slowest in {seen.slowest:.1f} s, "
        f"{seen.silent} of them ended by their own code"
    )
    for name in sorted(seen.done.keys() | seen.refused.keys()):
        print(f"  {name:22} {seen.done[name]:8} done {seen.refused[name]:8} refused")
    print(f"faults {len(seen.faults)}")
    for fault in seen.faults[:20]:
        print(f"  {fault}")
    return 1 if seen.faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/adversary", description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, metavar="N", help="how many hostile plans (40)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32), help="of all that is random")
    parser.add_argument("--folder", metavar="DIR", help="the disk to work on; else where TMPDIR is")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
