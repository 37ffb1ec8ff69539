"""A process that waits for a run, and how it ends."""

import subprocess
import sys

from runner.pool.standby import Standby

# Says what it was told by its exit code.
WAITING = "import sys; line = sys.stdin.readline(); sys.exit(int(line.split()[0]) if line else 0)"


class Starting:
    def __init__(self) -> None:
        self.started: list[subprocess.Popen[bytes]] = []

    def __call__(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([sys.executable, "-S", "-c", WAITING], stdin=subprocess.PIPE)
        self.started.append(process)
        return process


def test_the_first_run_finds_none_and_the_second_one_is_told_to_the_one_that_waits() -> None:
    start = Starting()
    standby = Standby(start)
    assert standby.execute(7, 1) is None
    told = standby.execute(8, 1)
    assert told is start.started[0]
    assert told.wait() == 8
    standby.close()
    assert [process.wait() for process in start.started] == [8, 0]


def test_one_that_has_died_is_not_told() -> None:
    start = Starting()
    standby = Standby(start)
    standby.execute(7, 1)
    start.started[0].kill()
    start.started[0].wait()
    assert standby.execute(8, 1) is None
    standby.close()


def test_none_waits_a_while_after_the_last_run() -> None:
    start = Starting()
    Standby(start, keep_seconds=0.05).execute(7, 1)
    assert start.started[0].wait(10) == 0
