"""A poll that finds nothing new, beside the `git ls-remote` that it needs."""

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.figure import Figure, at_most_times, interleaved, timed
from benchmarks.installation import Installation, stacks
from benchmarks.size import Size


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    for count in size.poll_stacks:
        installation = Installation(folder / str(count))
        installation.repository.commit(stacks(count))
        installation.poll()
        polled, bare = interleaved(
            size.rounds,
            partial(timed, partial(_poll, installation)),
            partial(timed, partial(_ls_remote, installation)),
        )
        installation.app.store.close()
        yield at_most_times(1.3, f"poll, nothing new, {count:,} stacks", polled, bare, "git ls-remote")


def _poll(installation: Installation) -> None:
    if installation.poll().moved:
        raise RuntimeError("the head moved")


def _ls_remote(installation: Installation) -> None:
    argv = ["git", "ls-remote", installation.repository.url, "refs/heads/main"]
    subprocess.run(argv, check=True, capture_output=True)
