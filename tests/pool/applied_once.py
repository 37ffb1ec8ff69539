"""A stack whose applies can be counted, and processes of its worker that die at a failpoint."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from pool_world import Pool

from runner.model.run.life import State

ONCE = """\
resource "terraform_data" "one" {{
  input = "{value}"
  provisioner "local-exec" {{
    command = "echo applied >> %s"
  }}
}}
"""
WAITS = """\
resource "terraform_data" "one" {{
  provisioner "local-exec" {{
    command = "echo applied >> %s; while [ ! -e %s ]; do sleep 0.1; done"
  }}
}}
"""
LONG = {"seconds": 46.0}
PATIENCE = 90.0


def until(happened: Callable[[], bool], what: str) -> None:
    """Wait for what other processes do."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def stack(pool: Pool) -> None:
    pool.stack(body=ONCE % (pool.states / "applied"))


def approved(pool: Pool) -> int:
    """The attempt by which the apply is announced."""
    stack(pool)
    (planned,) = pool.work()
    assert planned.state is State.AWAITING_APPROVAL, planned.reason
    pool.world.approve(planned)
    ((_, attempt),) = pool.offer()
    return attempt


def applied(pool: Pool) -> int:
    """How often."""
    file = pool.states / "applied"
    return len(file.read_text().splitlines()) if file.exists() else 0


def killed(pool: Pool, attempt: int, point: str) -> None:
    """The process that executes run 1 dies there."""
    env = {**os.environ, "DRIFTLINE_FAILPOINTS": f"{point}=kill"}
    config = str(pool.worker().config())
    argv = [sys.executable, "-m", "runner.cli", "--config", config, "worker", "--standby"]
    ended = subprocess.run(argv, env=env, check=False, capture_output=True, input=f"1 {attempt}\n".encode())
    assert ended.returncode == -9, ended.stderr.decode()
