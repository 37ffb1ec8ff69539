"""A process that is kept: started again when it ends or hangs, ended with its keeper."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Queue

import pytest

from runner.process.kept import DESCRIPTOR, Ended, Keeper, Kept, Pace

# Says its pid once it beats, and goes on beating until it is told to end.
BEATS = """
import os, sys, time
from runner.process.kept import Pulse
pulse = Pulse(int(sys.argv[1]))
os.write(os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND), b"%d\\n" % os.getpid())
while True:
    time.sleep(0.02)
    pulse.beat()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + BEATS
PACE = Pace(begin=10, beat=0.4, stop=0.3, pause=0.05, longest_pause=0.2, steady=60)
DEADLINE = 20.0


class Watched:
    def __init__(self, folder: Path) -> None:
        self.notes = folder / "pids"
        self.notes.touch()
        self.folder = folder
        self.ends: Queue[Ended] = Queue()
        self.keeper = Keeper("kept", self.ends.put, PACE)

    def command(self, program: str = BEATS) -> Kept:
        argv = (sys.executable, "-c", program, DESCRIPTOR, str(self.notes))
        return Kept(argv, {"PATH": os.defpath}, self.folder)

    def pid(self, nth: int) -> int:
        """Of its nth life, once that has begun."""
        until(lambda: len(self.notes.read_text().splitlines()) >= nth)
        return int(self.notes.read_text().splitlines()[nth - 1])


def until(look: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not look():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    with suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    yield watched
    watched.keeper.close()


def test_a_process_that_is_killed_is_started_again(kept: Watched) -> None:
    kept.keeper.turn_to(kept.command())
    os.kill(kept.pid(1), signal.SIGKILL)
    assert kept.ends.get(timeout=DEADLINE).exit_code == -signal.SIGKILL
    assert alive(kept.pid(2))


def test_a_process_that_hangs_is_killed_and_started_again(kept: Watched) -> None:
    kept.keeper.turn_to(kept.command())
    first = kept.pid(1)
    os.kill(first, signal.SIGSTOP)
    assert kept.ends.get(timeout=DEADLINE).hung
    assert alive(kept.pid(2))
    assert not alive(first)


def test_one_that_ends_at_once_is_started_less_and_less_often(kept: Watched) -> None:
    kept.keeper.turn_to(kept.command("raise SystemExit(78)"))
    ends = [kept.ends.get(timeout=DEADLINE) for _ in range(4)]
    assert {end.exit_code for end in ends} == {78}
    assert [end.pause for end in ends] == [0.05, 0.1, 0.2, 0.2]


def test_a_program_that_is_missing_is_an_end_too(kept: Watched) -> None:
    kept.keeper.turn_to(Kept(("/nowhere/python",), {}, kept.folder))
    assert kept.ends.get(timeout=DEADLINE).exit_code == 127


def test_turning_to_another_command_ends_the_first_without_a_word(kept: Watched) -> None:
    kept.keeper.turn_to(kept.command())
    first = kept.pid(1)
    kept.keeper.turn_to(kept.command())
    assert alive(kept.pid(2))
    assert not alive(first)
    assert kept.ends.empty()


def test_turning_to_nothing_stops_it(kept: Watched) -> None:
    kept.keeper.turn_to(kept.command())
    first = kept.pid(1)
    kept.keeper.turn_to(None)
    until(lambda: not alive(first))


def test_closing_ends_one_that_ignores_sigterm(kept: Watched) -> None:
    kept.keeper.turn_to(kept.command(STUBBORN))
    first = kept.pid(1)
    began = time.monotonic()
    kept.keeper.turn_to(None)
    until(lambda: not alive(first))
    assert time.monotonic() - began >= PACE.stop


KEEPS = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_kept import Watched
watched = Watched(Path(sys.argv[2]))
watched.keeper.turn_to(watched.command(sys.argv[3]))
time.sleep(60)
"""


def test_it_does_not_survive_the_death_of_its_keeper_even_if_it_hangs(tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    keeper = subprocess.Popen([sys.executable, "-c", KEEPS, here, str(tmp_path), BEATS])
    notes = tmp_path / "pids"
    until(lambda: notes.exists() and bool(notes.read_text()))
    kept = int(notes.read_text())
    os.kill(kept, signal.SIGSTOP)
    keeper.kill()
    keeper.wait()
    until(lambda: not alive(kept))


def test_one_that_starts_after_the_death_of_its_keeper_ends_at_once(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    (tmp_path / "pids").touch()
    argv = [sys.executable, "-c", BEATS, str(writing), str(tmp_path / "pids")]
    orphan = subprocess.run(
        argv, pass_fds=(writing,), check=False, capture_output=True, text=True, timeout=DEADLINE
    )
    os.close(writing)
    assert "BrokenPipeError" in orphan.stderr
    assert (tmp_path / "pids").read_text() == ""


def test_it_leads_a_session_of_its_own_so_that_ctrl_c_is_for_the_keeper(kept: Watched) -> None:
    kept.keeper.turn_to(kept.command())
    assert os.getsid(kept.pid(1)) == kept.pid(1)
