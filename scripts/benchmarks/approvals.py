"""`driftline approve` of one plan and of many at once, as a whole process, beside a bare Python."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.commands import DRIFTLINE, compiled, seconds
from benchmarks.figure import Figure, at_most, interleaved
from benchmarks.installation import Installation, stacks
from benchmarks.size import Size
from runner.model.run.life import State


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    installation = Installation(folder / "approvals")
    installation.repository.commit(stacks(size.approvals))
    installation.poll()
    installation.work()
    with installation.app.store.reading() as reader:
        waiting = [run for run in reader.open_runs() if run.state is State.AWAITING_APPROVAL]
    plans = [f"{run.name}@{run.binding_digest}" for run in waiting]
    if len(plans) != size.approvals:
        raise RuntimeError(f"{len(plans)} of {size.approvals} plans wait for approval")
    installation.app.store.close()
    data, kept = installation.root / "data", folder / "kept"
    data.rename(kept)
    environment = compiled(folder / "compiled")

    def approve(several: list[str]) -> float:
        """Of the same plans in each round: an approval is given once."""
        shutil.rmtree(data, ignore_errors=True)
        subprocess.run(["cp", "-a", kept, data], check=True)
        options = ("--quiet", "--config", installation.config)
        return seconds(environment, DRIFTLINE, *options, "approve", *several, "--yes")

    one, approved, bare = interleaved(
        size.part(6),
        partial(approve, plans[:1]),
        partial(approve, plans),
        partial(seconds, environment, sys.executable, "-c", "pass"),
    )
    yield at_most(0.15, "one approval, one command", "s", one, bare, "python -c pass")
    yield at_most(0.6, f"{size.approvals} approvals, one command", "s", approved, bare, "python -c pass")
