"""How a process ends: by itself, at its deadline, on request; and who ends with it."""

import os
import threading
import time
from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest
from process_world import is_alive, python, shell, wait_until

from runner.process import run as process
from runner.process.run import STOP, Stopped, run

# Obeys neither INT nor TERM, and has a child and a grandchild that do not either.
HUNG = """
trap '' INT TERM
sh -c "trap '' INT TERM; sleep 1000 & echo \\$! > grandchild; wait" &
echo $! > child
echo $$ > leader
wait
"""


def pid_in(path: Path) -> int:
    wait_until(lambda: path.exists() and path.read_text().strip(), f"{path.name} is written")
    return int(path.read_text())


def pids_of(folder: Path) -> list[int]:
    return [pid_in(folder / name) for name in ("leader", "child", "grandchild")]


@pytest.mark.parametrize("code", [0, 1, 2, 77])
def test_an_exit_code_is_passed_on(tmp_path: Path, code: int) -> None:
    finished = run(shell(tmp_path, f"exit {code}"))
    assert (finished.exit_code, finished.signal, finished.stopped) == (code, None, None)


def test_a_signal_that_ended_it_is_named(tmp_path: Path) -> None:
    finished = run(shell(tmp_path, "kill -KILL $$"))
    assert (finished.exit_code, finished.signal, finished.stopped) == (-9, SIGKILL, None)


def test_a_hung_process_dies_with_its_grandchildren_after_the_deadline(tmp_path: Path) -> None:
    finished = run(shell(tmp_path, HUNG, deadline=0.5))
    assert finished.stopped is Stopped.DEADLINE
    assert finished.signal == SIGKILL
    assert 0.5 <= finished.seconds < 3.0
    wait_until(lambda: not any(map(is_alive, pids_of(tmp_path))), "all three are gone")


def test_the_first_signal_is_an_interrupt_and_is_enough_for_one_that_obeys(tmp_path: Path) -> None:
    script = (
        "import signal,sys,time\nsignal.signal(signal.SIGINT, lambda *_: sys.exit(5))\nprint(1, flush=True)\n"
    )
    finished = run(python(tmp_path, script + "time.sleep(60)", deadline=0.5, stop=STOP))
    assert (finished.exit_code, finished.stopped) == (5, Stopped.DEADLINE)


def test_one_that_ignores_the_interrupt_is_terminated(tmp_path: Path) -> None:
    finished = run(shell(tmp_path, "trap '' INT; sleep 60 & wait; wait", deadline=0.2))
    assert finished.signal == SIGTERM


def test_a_canceled_process_is_stopped_within_a_tick(tmp_path: Path) -> None:
    cancel = threading.Event()

    def on_line(_: str) -> None:
        cancel.set()

    finished = run(shell(tmp_path, "echo up; exec sleep 60"), cancel=cancel, on_line=on_line)
    assert finished.stopped is Stopped.CANCELED
    assert finished.seconds < 2.0


def test_leftovers_of_the_group_end_with_a_plan(tmp_path: Path) -> None:
    run(shell(tmp_path, "sleep 1000 & echo $! > child"))
    wait_until(lambda: not is_alive(pid_in(tmp_path / "child")), "the leftover is gone")


def test_waiting_costs_next_to_nothing(tmp_path: Path) -> None:
    before = time.thread_time()
    run(shell(tmp_path, "sleep 1"), on_line=lambda _: None)
    assert time.thread_time() - before < 0.03


def test_an_end_is_noticed_at_once(tmp_path: Path) -> None:
    quickest = min(run(shell(tmp_path, "exit 0")).seconds for _ in range(5))
    assert quickest < process.TICK


def test_a_system_without_pidfd_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    assert run(shell(tmp_path, "exit 3")).exit_code == 3
    assert run(shell(tmp_path, HUNG, deadline=0.3)).stopped is Stopped.DEADLINE
    wait_until(lambda: not any(map(is_alive, pids_of(tmp_path))), "all three are gone")


def interrupt(_: str) -> None:
    raise KeyboardInterrupt


def test_a_keyboard_interrupt_takes_a_plan_down(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(shell(tmp_path, "echo $$ > leader; echo up; exec sleep 60"), on_line=interrupt)
    assert not is_alive(pid_in(tmp_path / "leader"))
