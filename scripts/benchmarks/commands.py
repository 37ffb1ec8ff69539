"""Whole processes: `driftline version`, `run list` and `stack list` with a long history, beside a bare Python."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.figure import Figure, at_most, interleaved, timed
from benchmarks.history import live
from benchmarks.installation import Installation, stacks
from benchmarks.size import Size

DRIFTLINE = Path(sys.executable).with_name("driftline")


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    installation = Installation(folder / "history")
    installation.repository.commit(stacks(size.history_stacks))
    installation.poll()
    live(installation, size.history_runs)
    installation.app.store.close()
    quiet = compiled(folder / "compiled") if size.warms_up else dict(os.environ)
    version, runs, listed, document, bare = interleaved(
        size.part(3),
        partial(seconds, quiet, DRIFTLINE, "version"),
        partial(seconds, quiet, DRIFTLINE, "--config", installation.config, "run", "list"),
        partial(seconds, quiet, DRIFTLINE, "--config", installation.config, "stack", "list"),
        partial(seconds, quiet, DRIFTLINE, "--config", installation.config, "stack", "list", "-o", "json"),
        partial(seconds, quiet, sys.executable, "-c", "pass"),
    )
    many = f"{size.history_stacks:,} stacks, {size.history_runs:,} runs"
    rival = bare, "python -c pass"
    yield at_most(0.15, "driftline version", "s", version, *rival)
    yield at_most(0.11, f"driftline run list, {many}", "s", runs, *rival)
    yield at_most(0.3, f"driftline stack list, {many}", "s", listed, *rival)
    yield at_most(0.3, f"driftline stack list -o json, {many}", "s", document, *rival)


def compiled(folder: Path) -> dict[str, str]:
    """An environment in which modules are compiled once, as pip does it, whatever the developer's says."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder)}


def seconds(environment: dict[str, str], *argv: str | Path) -> float:
    return timed(partial(subprocess.run, argv, env=environment, check=True, stdout=subprocess.DEVNULL))
