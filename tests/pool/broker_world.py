"""`driftline worker` as a process, on whichever broker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from applied_once import until
from pool_world import Pool


@contextmanager
def worker_of(pool: Pool, url: str) -> Iterator["subprocess.Popen[str]"]:
    """It says that it is ready; killed at the end if it still lives."""
    worker = pool.worker()
    config = worker.config(url)
    argv = [sys.executable, "-m", "runner.cli", "--config", str(config), "worker"]
    said = (pool.root / "worker.log").open("w+")
    process = subprocess.Popen(argv, stderr=said, text=True, env={**os.environ, "C_FORCE_ROOT": "1"})
    try:
        until(lambda: "worker.ready" in (pool.root / "worker.log").read_text(), "the worker is not ready")
        yield process
    finally:
        process.kill()
        process.wait()
        said.close()
