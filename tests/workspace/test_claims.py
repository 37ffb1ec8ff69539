"""Claims: held as long as anybody who inherited them lives."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from runner.datadir.claims import FileClaims, HeldFiles
from runner.host.clock import SystemClock

PATIENCE = 20.0


def wait_until(condition: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"never happened: {what}"
        time.sleep(0.01)


@pytest.fixture
def claims(tmp_path: Path) -> FileClaims:
    return FileClaims(tmp_path, SystemClock())


def test_a_claim_is_alive_until_it_is_released(claims: FileClaims) -> None:
    held = claims.take(7)
    assert held is not None
    assert (held.claim.pid, held.claim.token[:6]) == (os.getpid(), "run-7.")
    assert claims.alive(held.claim)
    held.release()
    assert not claims.alive(held.claim)


def test_a_held_claim_cannot_be_taken_again_even_by_its_own_process(claims: FileClaims) -> None:
    held = claims.take(7)
    assert held is not None
    assert claims.take(7) is None
    other = claims.take(8)
    assert other is not None
    other.release()
    held.release()
    again = claims.take(7)
    assert again is not None
    again.release()


def test_a_claim_that_was_never_taken_is_dead(claims: FileClaims) -> None:
    held = claims.take(7)
    assert held is not None
    for token in ("", "run-8.0123456789abcdef", "../run-7", "run-7", "run-7.xyz"):
        assert not claims.alive(replace(held.claim, token=token))
    held.release()


def test_an_old_claim_is_dead_though_a_new_one_on_the_same_run_lives(claims: FileClaims) -> None:
    old = claims.take(7)
    assert old is not None
    old.release()
    new = claims.take(7)
    assert new is not None
    assert claims.alive(new.claim)
    assert not claims.alive(old.claim)
    new.release()


def test_looking_does_not_take_a_claim_away(claims: FileClaims) -> None:
    held = claims.take(7)
    assert held is not None
    for _ in range(20):
        assert claims.alive(held.claim)
    assert claims.take(7) is None
    held.release()


def test_a_released_claim_stays_alive_while_a_child_has_it(claims: FileClaims, tmp_path: Path) -> None:
    held = claims.take(7)
    assert held is not None
    script = f"until [ -e {tmp_path}/done ]; do sleep 0.02; done"
    child = subprocess.Popen(["/bin/sh", "-c", script], pass_fds=[held.lock or 0])
    held.release()
    assert claims.alive(held.claim)
    assert claims.take(7) is None
    (tmp_path / "done").touch()
    child.wait()
    assert not claims.alive(held.claim)


def test_a_claim_dies_with_its_process_however_that_ends(claims: FileClaims, tmp_path: Path) -> None:
    script = (
        "import sys,time; from pathlib import Path; from runner.datadir.claims import FileClaims; from runner.host.clock import SystemClock\n"
        f"held = FileClaims(Path({str(tmp_path)!r}), SystemClock()).take(7); print(held.claim.token, flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    token = child.stdout.readline().strip()
    mine = claims.take(8)
    assert mine is not None
    theirs = replace(mine.claim, token=token)
    assert claims.alive(theirs)
    assert claims.take(7) is None
    child.kill()
    child.wait()
    child.stdout.close()
    wait_until(lambda: not claims.alive(theirs), "the claim is dead")
    taken = claims.take(7)
    assert taken is not None
    taken.release()
    mine.release()


def test_of_many_who_want_a_claim_one_gets_it(claims: FileClaims) -> None:
    for _ in range(25):
        start = threading.Barrier(6)
        taken: list[object] = []

        def one(start: threading.Barrier = start, taken: list[object] = taken) -> None:
            start.wait()
            taken.append(claims.take(7))

        threads = [threading.Thread(target=one) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [winner] = [held for held in taken if held is not None]
        winner.release()  # type: ignore[attr-defined]


def test_taking_and_releasing_in_a_race_never_gives_it_to_two(claims: FileClaims) -> None:
    holding = threading.Lock()
    doubles: list[int] = []

    def one() -> None:
        for _ in range(100):
            held = claims.take(7)
            if held is None:
                continue
            if not holding.acquire(blocking=False):
                doubles.append(1)
            else:
                holding.release()
            held.release()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert doubles == []


def test_a_claim_on_a_file_that_was_just_removed_is_taken_again(
    claims: FileClaims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Between our `open` and our `flock`, its holder releases it (and removes the file), and another takes it.
    first = claims.take(7)
    assert first is not None
    others: list[HeldFiles] = []
    real = fcntl.flock

    def slow(descriptor: int, mode: int) -> None:
        monkeypatch.setattr(fcntl, "flock", real)
        first.release()
        other = claims.take(7)
        assert other is not None
        others.append(other)
        real(descriptor, mode)

    monkeypatch.setattr(fcntl, "flock", slow)
    assert claims.take(7) is None
    assert claims.alive(others[0].claim)
    others[0].release()


def test_its_files_are_private_and_go_with_the_claim(claims: FileClaims, tmp_path: Path) -> None:
    held = claims.take(7, "state")
    assert held is not None
    folder = tmp_path / "claims"
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    held.release()
    assert list(folder.iterdir()) == []
