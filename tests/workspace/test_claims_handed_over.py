"""Claims that are handed over to a child, adopted by another process, and left behind by one that is gone."""

import fcntl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from signal import SIGINT, SIGKILL

import pytest

from runner.datadir.claims import FileClaims, HeldFiles
from runner.host.clock import SystemClock
from runner.host.flock import alone, shared
from runner.model.stack.lock import Leftover

PATIENCE = 20.0


def wait_until(condition: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"never happened: {what}"
        time.sleep(0.01)


@pytest.fixture
def claims(tmp_path: Path) -> FileClaims:
    return FileClaims(tmp_path, SystemClock())


# What executes, and who attends to it


@contextmanager
def child_of(held: HeldFiles) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that executes under the claim, which is handed over to it."""
    child = subprocess.Popen(
        ["/bin/sleep", "1000"], pass_fds=[held.lock or 0, *held.kept], start_new_session=True
    )
    held.hand_over()
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def taken(claims: FileClaims, run: int, state: str | None = None) -> HeldFiles:
    held = claims.take(run, state)
    assert held is not None
    return held


def adopted(claims: FileClaims, held: HeldFiles) -> HeldFiles:
    again = claims.adopt(held.claim)
    assert again is not None
    return again


def test_a_state_is_changed_by_one_run_at_a_time(claims: FileClaims) -> None:
    first = taken(claims, 7, "state")
    assert claims.take(8, "state") is None
    taken(claims, 8, "other").release()
    taken(claims, 8).release()  # a drift check changes nothing
    first.release()
    taken(claims, 8, "state").release()


def test_a_run_that_does_not_get_its_state_lets_go_of_the_rest(claims: FileClaims, tmp_path: Path) -> None:
    first = taken(claims, 7, "state")
    assert claims.take(8, "state") is None
    assert {path.name for path in (tmp_path / "claims").iterdir()} == {
        "run-7",
        "run-7.attended",
        "state-state",
    }
    first.release()


def test_before_it_is_handed_over_a_claim_runs_with_us(claims: FileClaims) -> None:
    held = taken(claims, 7, "state")
    assert held.running()
    held.release()


def test_what_was_handed_over_runs_as_long_as_the_child(claims: FileClaims) -> None:
    held = taken(claims, 7, "state")
    assert held.lock is not None
    with child_of(held):
        assert held.lock is None
        assert held.running()
        assert claims.take(8, "state") is None
    assert not held.running()
    held.release()


def test_nobody_adopts_what_a_living_process_attends_to(claims: FileClaims) -> None:
    held = taken(claims, 7, "state")
    with child_of(held):
        assert claims.adopt(held.claim) is None
    assert claims.adopt(held.claim) is None
    held.release()


def test_what_runs_on_is_adopted_once_and_stays_as_it_is(claims: FileClaims) -> None:
    held = taken(claims, 7, "state")
    with child_of(held) as child:
        held.release()
        again = adopted(claims, held)
        assert again.lock is None
        assert claims.adopt(held.claim) is None
        assert again.running()
        assert claims.take(7) is None
        assert child.poll() is None
    assert not again.running()
    again.release()


def test_what_is_long_over_is_adopted_too(claims: FileClaims, tmp_path: Path) -> None:
    held = taken(claims, 7)
    held.release()
    again = adopted(claims, held)
    assert not again.running()
    again.release()
    assert list((tmp_path / "claims").iterdir()) == []


def test_the_pid_of_a_living_stranger_keeps_nobody_from_adopting(claims: FileClaims) -> None:
    held = taken(claims, 7)
    held.release()
    stranger = subprocess.Popen(["/bin/sleep", "1000"])
    try:
        again = claims.adopt(replace(held.claim, pid=stranger.pid))
        assert again is not None
        assert not again.running()
        again.release()
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("token", ["", "run-7", "../run-7.0123456789abcdef", "run-7.xyz"])
def test_a_row_with_no_token_of_ours_is_adopted_by_nobody(claims: FileClaims, token: str) -> None:
    held = taken(claims, 7)
    held.release()
    assert claims.adopt(replace(held.claim, token=token)) is None


# What is left running


def test_what_a_run_left_running_is_named_with_its_pids(claims: FileClaims) -> None:
    held = taken(claims, 7, "state")
    with child_of(held) as child:
        assert claims.leftovers() == []  # it is attended to
        held.release()
        assert claims.leftovers() == [Leftover("run-7", "state", (child.pid,))]
        assert claims.take(8, "state") is None
    wait_until(lambda: claims.leftovers() == [], "nothing is left")
    taken(claims, 8, "state").release()


def test_what_is_left_running_can_be_ended(claims: FileClaims) -> None:
    held = taken(claims, 7, "state")
    with child_of(held) as child:
        held.release()
        (left,) = claims.leftovers()
        assert claims.end_leftover(left) == 1
        assert child.wait() == -SIGKILL
        assert claims.leftovers() == []


def test_what_has_the_state_by_now_is_not_ended_in_its_place(claims: FileClaims) -> None:
    old = taken(claims, 7, "state")
    with child_of(old):
        old.release()
        (left,) = claims.leftovers()
    new = taken(claims, 8, "state")
    with child_of(new) as child:
        assert claims.end_leftover(left) == 0
        assert child.poll() is None
        new.release()
        assert claims.end_leftover(left) == 0
        assert child.poll() is None


def test_a_run_that_is_taking_a_state_is_no_leftover_of_the_previous_one(
    claims: FileClaims, tmp_path: Path
) -> None:
    before = taken(claims, 7, "state")
    with child_of(before):
        before.release()
    file = tmp_path / "claims" / "state-state"
    assert file.read_text().startswith("run-7.")
    with file.open() as just_taken:
        fcntl.flock(just_taken, fcntl.LOCK_EX)
        assert claims.leftovers() == []


def test_orphans_are_ended_only_by_the_machine_on_which_they_run(claims: FileClaims) -> None:
    held = taken(claims, 7)
    with child_of(held) as child:
        held.release()
        assert claims.end_orphans(replace(held.claim, host="elsewhere")) == 0
        assert child.poll() is None
        assert claims.end_orphans(held.claim) == 1
        assert child.wait() == -SIGINT


def test_a_data_directory_behind_a_symlink_hides_nobody(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    claims = FileClaims(tmp_path / "link", SystemClock())
    held = taken(claims, 7)
    with child_of(held) as child:
        held.release()
        assert claims.end_orphans(held.claim) == 1
        assert child.wait() == -SIGINT


def test_what_is_kept_with_a_claim_is_the_child_s_from_then_on(claims: FileClaims, tmp_path: Path) -> None:
    held = taken(claims, 7)
    held.keep(shared(tmp_path / "use", 1))
    with child_of(held) as child:
        with alone(tmp_path / "use") as free:
            assert not free
        child.kill()
        child.wait()
        with alone(tmp_path / "use") as free:
            assert free
    held.release()


def test_what_is_kept_with_a_claim_ends_with_it(claims: FileClaims, tmp_path: Path) -> None:
    held = taken(claims, 7)
    held.keep(shared(tmp_path / "use", 1))
    held.release()
    with alone(tmp_path / "use") as free:
        assert free
