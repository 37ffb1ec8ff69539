"""Processes that execute runs one after the other, and how they end."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runner.pool.standby import Standby

# Notes what it was told, and dies of run 13.
EXECUTING = """\
import sys
for line in sys.stdin:
    with open(sys.argv[1], "a") as file:
        file.write(line)
    if line.startswith("13 "):
        sys.exit(1)
    print("done", flush=True)
"""


class Starting:
    def __init__(self, folder: Path) -> None:
        self.noted = folder / "noted"
        self.started: list[subprocess.Popen[bytes]] = []

    def __call__(self) -> "subprocess.Popen[bytes]":
        argv = [sys.executable, "-S", "-c", EXECUTING, str(self.noted)]
        self.started.append(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        return self.started[-1]

    @property
    def told(self) -> list[str]:
        return self.noted.read_text().splitlines()


@pytest.fixture
def start(tmp_path: Path) -> Starting:
    return Starting(tmp_path)


def test_one_process_executes_runs_one_after_the_other(start: Starting) -> None:
    standby = Standby(start)
    for run in (7, 8, 9):
        standby.execute(run, 1)
    standby.close()
    assert start.told == ["7 1", "8 1", "9 1"]
    assert [process.returncode for process in start.started] == [0]


def test_runs_at_once_have_a_process_each(start: Starting) -> None:
    standby = Standby(start)
    both = threading.Barrier(2)

    def first() -> "subprocess.Popen[bytes]":
        both.wait()
        return start()

    standby.start = first
    threads = [threading.Thread(target=standby.execute, args=(run, 1)) for run in (7, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    standby.close()
    assert sorted(start.told) == ["7 1", "8 1"]
    assert len(start.started) == 2


def test_a_process_that_died_of_its_run_is_told_nothing_more(start: Starting) -> None:
    standby = Standby(start)
    standby.execute(13, 1)
    standby.execute(8, 1)
    standby.close()
    assert start.told == ["13 1", "8 1"]
    assert [process.returncode for process in start.started] == [1, 0]


def test_a_run_is_told_to_another_process_if_the_one_that_waits_has_died(start: Starting) -> None:
    standby = Standby(start)
    standby.execute(7, 1)
    start.started[0].kill()
    start.started[0].wait()
    standby.execute(8, 1)
    standby.close()
    assert start.told == ["7 1", "8 1"]
    assert len(start.started) == 2


def test_a_process_ends_after_so_many_runs(start: Starting) -> None:
    standby = Standby(start, most_runs=2)
    for run in (7, 8, 9):
        standby.execute(run, 1)
    standby.close()
    assert start.told == ["7 1", "8 1", "9 1"]
    assert len(start.started) == 2


def test_none_waits_a_while_after_the_last_run(start: Starting) -> None:
    Standby(start, keep_seconds=0.05).execute(7, 1)
    assert start.started[0].wait(10) == 0


def test_a_run_that_ends_after_the_worker_was_told_to_stop_leaves_no_process(start: Starting) -> None:
    standby = Standby(start)
    standby.close()
    standby.execute(7, 1)
    assert start.started[0].returncode == 0
