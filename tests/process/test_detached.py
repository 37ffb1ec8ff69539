"""An apply that is followed through files by who started it; whatever happens here, it goes on."""

import os
import threading
from pathlib import Path
from signal import SIGKILL

import pytest
from detached_world import NEVER, Apply, left
from process_world import command, is_alive, shell, wait_until

from runner.process import detached
from runner.process.detached import Left, follow
from runner.process.run import Command

# Popen warns of a child that nobody waits for; that is the point.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


# By who started it


@pytest.mark.parametrize("code", [0, 1, 3])
def test_it_is_followed_to_its_end(apply: Apply, tmp_path: Path, code: int) -> None:
    seen = apply.through(shell(tmp_path, f"echo one; echo two; exit {code}"))
    assert apply.lines == ["one", "two"]
    assert seen.result is not None
    assert (seen.result.exit_code, seen.complete, seen.asked_to_stop, seen.begun) == (code, True, False, True)


def test_a_line_arrives_while_it_still_runs(apply: Apply, waits: Command) -> None:
    def on_line(line: str) -> None:
        apply.lines.append(line)
        apply.go()

    with apply.launched(waits) as ended:
        follow(apply.files, ended, cancel=NEVER, leave=NEVER, on_line=on_line)
    assert apply.lines == ["first", "last"]


def test_a_request_to_stop_reaches_it(apply: Apply, tmp_path: Path) -> None:
    cancel = threading.Event()

    def on_line(_: str) -> None:
        cancel.set()

    script = "trap 'echo stopped; exit 5' INT; echo up; for i in $(seq 1000); do sleep 0.01; done"
    with apply.launched(shell(tmp_path, script)) as ended:
        seen = follow(apply.files, ended, cancel=cancel, leave=NEVER, on_line=on_line)
    assert seen.asked_to_stop
    assert seen.result is not None
    assert seen.result.exit_code == 5


def test_no_deadline_and_no_group_kill_reaches_it(apply: Apply, tmp_path: Path) -> None:
    seen = apply.through(shell(tmp_path, "sleep 1000 & echo $! > child; sleep 0.4", deadline=0.1))
    assert seen.result is not None
    assert seen.result.exit_code == 0
    child = int((tmp_path / "child").read_text())
    assert is_alive(child)
    assert apply.alive()
    os.kill(child, SIGKILL)


def test_one_that_cannot_be_started_has_not_begun(apply: Apply, tmp_path: Path) -> None:
    seen = apply.through(command(tmp_path, str(tmp_path / "nothing")))
    assert not seen.begun
    assert seen.result is not None
    assert "No such file" in seen.result.refused


def test_a_plan_that_was_handed_over_before_does_not_begin_again(apply: Apply, tmp_path: Path) -> None:
    apply.through(shell(tmp_path, "echo once >> effects"))
    seen = apply.through(shell(tmp_path, "echo once >> effects"))
    assert not seen.begun
    assert (tmp_path / "effects").read_text() == "once\n"


def test_the_traces_of_an_attempt_before_say_nothing_of_this_one(apply: Apply, tmp_path: Path) -> None:
    apply.through(shell(tmp_path, "echo before; exit 3"))
    apply.files.stop.touch()
    apply.files.receipt.unlink()
    apply.lines.clear()
    seen = apply.through(shell(tmp_path, "echo now"))
    assert (seen.result and seen.result.exit_code, seen.asked_to_stop, apply.lines) == (0, False, ["now"])


# Whatever happens here


def test_a_fault_of_the_reader_does_not_touch_it(apply: Apply, waits: Command) -> None:
    def fault(_: str) -> None:
        apply.go()
        raise RuntimeError("a bug")

    with apply.launched(waits) as ended:
        seen = follow(apply.files, ended, cancel=NEVER, leave=NEVER, on_line=fault)
    assert (seen.result and seen.result.exit_code, seen.complete) == (0, False)


def test_too_much_output_is_cut_and_it_ends_by_itself(
    apply: Apply, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detached, "OUTPUT_CAP", 50_000)
    script = 'line=$(printf %10000s x); for i in $(seq 40); do echo "$line"; sleep 0.01; done; echo end'
    seen = apply.through(shell(tmp_path, script))
    assert (seen.result and seen.result.exit_code, seen.complete) == (0, False)
    assert apply.lines[-1] == "end"
    assert apply.files.stdout.stat().st_size < 300_000


def test_that_output_was_cut_is_known_to_the_next_one_who_follows_it(
    apply: Apply, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detached, "OUTPUT_CAP", 50_000)
    script = "printf %100000s x; echo; until [ -e go ]; do sleep 0.01; done; echo end"
    leave = threading.Event()
    with pytest.raises(Left), apply.launched(shell(tmp_path, script)) as ended:  # noqa: PT012
        wait_until(lambda: apply.files.stdout.stat().st_size > 50_000, "it has said much")
        follow(apply.files, ended, cancel=NEVER, leave=leave, on_line=lambda _: leave.set())
    apply.go()
    seen = apply.adopt()
    assert (seen.result and seen.result.exit_code, seen.complete) == (0, False)
    assert apply.through(shell(tmp_path, "echo anew")).complete


def test_an_interrupt_from_the_keyboard_leaves_it_alone(apply: Apply, waits: Command) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), apply.launched(waits) as ended:
        follow(apply.files, ended, cancel=NEVER, leave=NEVER, on_line=interrupt)
    assert is_alive(apply.pid())
    apply.go()
    assert apply.adopt().result is not None


def test_it_outlives_the_thread_that_started_it(apply: Apply, waits: Command) -> None:
    thread = threading.Thread(target=left, args=(apply, waits))
    thread.start()
    thread.join()
    assert is_alive(apply.pid())
    apply.go()
    assert apply.adopt().result is not None
