"""An apply that is followed by who comes after the one that started it."""

import fcntl
import os
import threading
import time
from pathlib import Path
from signal import SIGKILL

import pytest
from detached_world import Apply, left
from process_world import is_alive, shell

from runner.process.detached import Left, Result, Seen
from runner.process.run import Command

# Popen warns of a child that nobody waits for; that is the point.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


def test_one_that_was_left_goes_on_and_is_followed_by_the_next(apply: Apply, waits: Command) -> None:
    left(apply, waits)
    assert is_alive(apply.pid())
    threading.Timer(0.3, apply.go).start()
    seen = apply.adopt()
    assert apply.lines == ["first", "last"]
    assert (seen.result and seen.result.exit_code, seen.begun) == (0, True)


def test_one_that_was_adopted_can_be_left_again(apply: Apply, waits: Command) -> None:
    left(apply, waits)
    leave = threading.Event()
    leave.set()
    for _ in range(3):
        with pytest.raises(Left):
            apply.adopt(leave=leave)
    apply.go()
    assert apply.adopt().result is not None


def test_one_that_was_adopted_can_be_stopped(apply: Apply, tmp_path: Path) -> None:
    left(apply, shell(tmp_path, "trap 'exit 5' INT; echo up; for i in $(seq 1000); do sleep 0.01; done"))
    cancel = threading.Event()
    cancel.set()
    seen = apply.adopt(cancel=cancel)
    assert seen.asked_to_stop
    assert seen.result is not None
    assert seen.result.exit_code == 5


def test_one_that_is_long_over_says_the_same_however_often_it_is_asked(apply: Apply, tmp_path: Path) -> None:
    first = apply.through(shell(tmp_path, "echo one; exit 1"))
    for _ in range(3):
        assert apply.adopt() == first
        assert apply.lines == ["one"]


def test_a_result_is_taken_though_we_are_about_to_leave(apply: Apply, tmp_path: Path) -> None:
    apply.through(shell(tmp_path, "exit 1"))
    leave = threading.Event()
    leave.set()
    assert apply.adopt(leave=leave).result is not None


def test_where_the_shim_was_killed_the_end_of_all_is_waited_for(apply: Apply, waits: Command) -> None:
    with apply.launched(waits) as ended:
        pid = apply.pid()
        os.kill(int(Path(f"/proc/{pid}/stat").read_text().split()[3]), SIGKILL)  # its parent
        threading.Timer(0.4, apply.go).start()
        seen = apply.follow(ended)
    assert not is_alive(pid)
    assert apply.lines == ["first", "last"]
    assert (seen.result, seen.begun) == (None, True)


def test_a_result_is_enough_though_a_child_in_the_background_lives(apply: Apply, tmp_path: Path) -> None:
    script = "(until [ -e go ]; do sleep 0.01; done) >/dev/null 2>&1 & exit 0"
    assert apply.through(shell(tmp_path, script)).result is not None
    assert apply.alive()
    assert apply.adopt().result is not None


def test_a_result_that_is_torn_is_none(apply: Apply, tmp_path: Path) -> None:
    apply.through(shell(tmp_path, "echo one"))
    whole = apply.files.result.read_bytes()
    for torn in (b"", whole[:7], b"\0" * len(whole), b"[]", b'{"other": 1}'):
        apply.files.result.write_bytes(torn)
        seen = apply.adopt()
        assert (seen.result, seen.begun) == (None, True)


@pytest.mark.parametrize("lock_is_held", [False, True])
def test_without_a_trace_it_never_began_and_while_alive_it_is_unknown(
    apply: Apply,
    lock_is_held: bool,  # noqa: FBT001
) -> None:
    leave = threading.Event()
    leave.set()
    with (apply.folder / "lock").open() as lock:
        if lock_is_held:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(Left):
                apply.adopt(leave=leave)
        else:
            assert apply.adopt(leave=leave) == Seen(None, complete=True, asked_to_stop=False, begun=False)


@pytest.mark.parametrize("trace", ["receipt", "stdout", "stderr"])
def test_each_trace_alone_says_that_it_may_have_begun(apply: Apply, trace: str) -> None:
    path: Path = getattr(apply.files, trace)
    path.parent.mkdir(exist_ok=True)
    path.write_text("x\n")
    assert apply.adopt().begun


def test_one_that_was_refused_has_not_begun_whatever_else_is_there(apply: Apply, tmp_path: Path) -> None:
    apply.through(shell(tmp_path, "echo one"))
    apply.files.result.write_text('{"refused": "spent"}')
    seen = apply.adopt()
    assert (seen.begun, seen.result) == (False, Result(refused="spent"))


def test_waiting_for_one_that_was_adopted_costs_next_to_nothing(apply: Apply, waits: Command) -> None:
    left(apply, waits)
    threading.Timer(1.0, apply.go).start()
    before = time.thread_time()
    apply.adopt()
    assert time.thread_time() - before < 0.05


def test_following_leaves_no_descriptor_open(apply: Apply, tmp_path: Path) -> None:
    apply.through(shell(tmp_path, "echo x"))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(10):
        apply.files.receipt.unlink(missing_ok=True)
        apply.through(shell(tmp_path, "echo x"))
        apply.adopt()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_symlink_in_place_of_an_output_file_is_not_followed(apply: Apply, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    apply.files.control.mkdir()
    apply.files.stdout.symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        apply.adopt()
    assert victim.read_text() == "mine"
