"""A repository of many stacks, discovered and compared; beside the git commands that read the same objects."""

import subprocess
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.figure import Figure, Sample, at_most, timed
from benchmarks.installation import Installation, stack, stacks
from benchmarks.size import Size

LIMIT = 2.0
# One run of each in a process of its own, in this order; what the first one remembers may help the second.
STEPS = ("all", "again", "poll")


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    count = size.discover_stacks
    installation = Installation(folder / "many")
    installation.repository.commit(stacks(count))
    installation.poll()
    seen: dict[str, list[float]] = {step: [] for step in STEPS}
    bare: list[float] = []
    for turn in range(size.part(12)):
        installation.app.store.close()
        del installation.__dict__["app"]
        installation.repository.commit(dict(stack(0, size=3 + turn)))
        bare.append(timed(lambda: _read(installation.repository.path)))
        for step, seconds in zip(STEPS, _apart(installation, count), strict=True):
            seen[step].append(seconds)
    rival = Sample(tuple(bare)), "git ls-tree | cat-file"
    for step, name in (
        ("all", f"discover {count:,} stacks, new process"),
        ("again", f"discover {count:,} stacks again"),
        ("poll", f"whole poll, 1 of {count:,} stacks moved"),
    ):
        yield at_most(LIMIT, name, "s", Sample(tuple(seen[step])), *rival)


def _apart(installation: Installation, count: int) -> tuple[float, ...]:
    """The steps in a fork, so that nothing is remembered from the turn before."""
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_steps, args=(installation, count, theirs))
    process.start()
    theirs.close()
    try:
        seconds: tuple[float, ...] = ours.recv()
    finally:
        process.join()
    return seconds


def _steps(installation: Installation, count: int, report: "Connection[object, object]") -> None:
    steps: dict[str, Callable[[], None]] = {
        "all": lambda: _discover(installation, count),
        "again": lambda: _discover(installation, count),
        "poll": lambda: _poll(installation, count),
    }
    report.send(tuple(timed(steps[step]) for step in STEPS))


def _discover(installation: Installation, count: int) -> None:
    discoverer = installation.app.discoverer
    source = discoverer.settings.sources[0]
    with installation.app.store.reading() as reader:
        revision = reader.source(source.name).head
    assert revision is not None
    found = discoverer.discover(source, revision)
    if len(found.stacks) != count:
        raise RuntimeError(f"{len(found.stacks)} stacks of {count}: {found.problems[:3]}")


def _poll(installation: Installation, count: int) -> None:
    polled = installation.poll()
    if not polled.moved or polled.stacks != count:
        raise RuntimeError(f"{polled.stacks} stacks of {count}")


def _read(repository: Path) -> None:
    """Every object of the head, as bare git hands it out."""
    git = ["git", f"--git-dir={repository}"]
    tree = subprocess.run([*git, "ls-tree", "-r", "-t", "-z", "main"], check=True, capture_output=True).stdout
    names = b"".join(record.split()[2] + b"\n" for record in tree.split(b"\0") if record)
    subprocess.run(
        [*git, "cat-file", "--batch", "--buffer"], input=names, check=True, stdout=subprocess.DEVNULL
    )
