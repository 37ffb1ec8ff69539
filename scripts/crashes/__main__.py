"""Run the cycles and print what was found. The exit code is 1 where anything was lost, repeated or recorded wrongly."""

import argparse
import random
import secrets
import sys
import tempfile
import time
from dataclasses import fields
from pathlib import Path

from crashes import kill
from crashes.field import Field
from crashes.people import People
from crashes.verdict import Verdict, unattended, verdict
from runner.host import log

SETTLED_SECONDS = 5.0  # after a restart every run is final, or somebody executes it
QUIET_SECONDS = 240.0
LIFE_SECONDS = 8.0  # so long a first apply is waited for
LOOK_EVERY = 20  # of so many lives one is long enough to look whether all is settled


def main() -> int:
    options = _options()
    log.configure(quiet=True)
    print(f"seed {options.seed}, {options.cycles} kills of {'everything' if options.tree else 'the daemon'}")
    with tempfile.TemporaryDirectory(prefix="dl-crash-", dir=options.folder) as root:
        field = Field.made(Path(root).resolve(), options.stacks)
        return _report(*crash(field, options.cycles, options.seed, whole_tree=options.tree))


def crash(
    field: Field, cycles: int, seed: int, *, whole_tree: bool = False
) -> tuple[Verdict, People, list[str]]:
    """So many lives of a daemon, each ended at a random moment; then a last one that brings all to rest."""
    chance = random.Random(seed)
    process = field.start()
    _until_database(field)
    people = People(field, seed)
    people.start()
    late: list[str] = []
    for cycle in range(1, cycles + 1):
        if cycle % LOOK_EVERY == 0:
            late += _look(field)
        if whole_tree:
            _until_apply(field)
            time.sleep(chance.uniform(0.0, 1.2))
            kill.everything(process, field.root)
        else:
            time.sleep(chance.uniform(0.05, 2.5))
            kill.the_daemon(process)
        process = field.start()
        if cycle % 50 == 0:
            print(f"{cycle} kills, {len(field.lines('applied'))} applies", file=sys.stderr, flush=True)
    people.rest()
    _rest(field)
    people.stop()
    process.terminate()
    process.wait()
    return verdict(field, people.steps, whole_tree=whole_tree), people, late


def _look(field: Field) -> list[str]:
    """Five seconds of life are enough to attend to everything that the last one left."""
    time.sleep(SETTLED_SECONDS)
    return [f"{run.name} is {run.state} and nobody attends to it" for run in unattended(field)]


def _until_apply(field: Field) -> None:
    """Where nothing is left alive a short life applies nothing, and a kill that meets no apply shows nothing."""
    until, before = time.monotonic() + LIFE_SECONDS, len(field.lines("applied"))
    while time.monotonic() < until and len(field.lines("applied")) == before:
        time.sleep(0.02)


def _until_database(field: Field) -> None:
    until = time.monotonic() + QUIET_SECONDS
    while not (field.root / "data" / "driftline.db").exists():
        if time.monotonic() > until:
            raise TimeoutError("the daemon made no database")
        time.sleep(0.05)
    # Its schema too.
    time.sleep(1.0)


def _rest(field: Field) -> None:
    """Until every stack is at its last commit and no run is open; what is left then is lost."""
    until = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < until:
        # Again and again: a last commit may still be under way.
        head = field.git("rev-parse", "HEAD").strip()
        with field.app.store.reading() as reader:
            taken = reader.source("infra").head == head
            synced = all(stack.applied_inputs == stack.inputs for stack in reader.stacks())
            if taken and synced and not reader.open_runs():
                return
        time.sleep(0.5)


def _report(found: Verdict, people: People, late: list[str]) -> int:
    print(f"plans applied   {len(people.field.lines('applied'))}")
    print(f"steps made      {len(people.field.lines('effects'))}")
    print(
        f"interrupted     {len(people.interrupted)}, {len(people.without_evidence)} of them without evidence"
    )
    for field in fields(found):
        _list(field.name.replace("_", " "), getattr(found, field.name))
    _list("unattended", late)
    return 0 if found.clean and not late and not people.without_evidence else 1


def _list(name: str, sentences: list[str] | tuple[str, ...]) -> None:
    print(f"{name:15} {len(sentences)}")
    for sentence in sentences[:20]:
        print(f"  {sentence}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/crashtest", description=__doc__)
    parser.add_argument("--cycles", type=int, default=40, metavar="N", help="how many kills (40)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32), help="of the random moments")
    parser.add_argument("--stacks", type=int, default=6, metavar="N", help="how many stacks (6)")
    parser.add_argument("--tree", action="store_true", help="kill all that the daemon started with it")
    parser.add_argument("--folder", metavar="DIR", help="the disk to work on; else where TMPDIR is")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
