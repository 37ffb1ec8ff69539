"""`driftline worker` as a process, on whichever broker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from applied_once import until
from pool_world import Pool, Worker


@contextmanager
def worker_of(
    pool: Pool,
    url: str,
    worker: Worker | None = None,
    says: str = "worker.ready",
    slots: int | None = None,
) -> Iterator["subprocess.Popen[str]"]:
    """It says that it is ready; killed at the end if it still lives."""
    worker = worker or pool.worker()
    config = worker.config(url, slots)
    argv = [sys.executable, "-m", "runner.cli", "--config", str(config), "worker"]
    log = config.with_suffix(".log")
    said = log.open("w+")
    process = subprocess.Popen(argv, stderr=said, text=True, env={**os.environ, "C_FORCE_ROOT": "1"})
    try:
        until(lambda: says in log.read_text(), f"the worker does not say {says}")
        yield process
    finally:
        process.kill()
        process.wait()
        said.close()
