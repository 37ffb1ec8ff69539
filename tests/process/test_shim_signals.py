"""Signals to the shim and to those around it, and who dies before whom."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest
from process_world import is_alive, wait_until
from shim_world import Bench, ended, python

from runner.failpoint import VARIABLE

SH = "/bin/sh"
# A terraform that goes on until `go` is there, and notes each signal that reaches it.
PATIENT = """
import os, signal, sys, time
def note(number, frame):
    with open("signals", "a") as file:
        file.write(f"{signal.Signals(number).name}\\n")
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, note)
if len(sys.argv) == 1:
    os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-I", "-c", CHILD, "child"])
with open("pid", "w") as file:
    file.write(f"{os.getpid()}\\n")
while not os.path.exists("go"):
    time.sleep(0.01)
"""
# Its provider, in the same process group.
CHILD = PATIENT.replace('"signals"', '"signals.child"').replace('"pid"', '"pid.child"')


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def patient() -> tuple[str, ...]:
    return python(f"CHILD = {CHILD!r}\n{PATIENT}")


def lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def came(bench: Bench, name: str) -> bool:
    return name in lines(bench.folder / "signals")


# Signals


def test_a_signal_to_everybody_ends_neither_the_shim_nor_its_record(bench: Bench) -> None:
    """At a shutdown systemd signals every process of the unit."""
    with bench.shim(*patient()) as shim:
        bench.pid_in("pid")
        bench.pid_in("pid.child")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.killpg(shim.pid, number)
            wait_until(partial(came, bench, number.name), f"{number.name} came")
        (bench.folder / "go").touch()
        ended(shim)
    assert bench.result is not None
    assert bench.result["exit_code"] == 0


def test_a_terraform_that_everybodys_end_ends_is_recorded(bench: Bench) -> None:
    with bench.shim(SH, "-c", "echo up; exec sleep 1000") as shim:
        wait_until(lambda: bench.said() == "up\n", "it is up")
        os.killpg(shim.pid, signal.SIGTERM)
        ended(shim)
    assert bench.result is not None
    assert bench.result["exit_code"] == -signal.SIGTERM


def test_terraform_has_default_signal_handlers_whatever_is_ignored_here(bench: Bench) -> None:
    ignored = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ)
    before = [signal.signal(number, signal.SIG_IGN) for number in ignored]
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ignored)
    try:
        bench.through("/bin/grep", "-E", "Sig(Ign|Blk)", "/proc/self/status")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in zip(ignored, before, strict=True):
            signal.signal(number, handler)
    masks = {line.partition(":")[0]: int(line.split()[1], 16) for line in bench.said().splitlines()}
    ours = sum(1 << (number - 1) for number in ignored)
    assert {name: mask & ours for name, mask in masks.items()} == {"SigIgn": 0, "SigBlk": 0}


def test_a_stop_request_interrupts_terraform_once_and_not_its_children(bench: Bench) -> None:
    with bench.shim(*patient()) as shim:
        bench.pid_in("pid")
        bench.pid_in("pid.child")
        bench.files.stop.touch()
        wait_until(lambda: lines(bench.folder / "signals"), "the interrupt came")
        # It is looked for once more before the end: several looks have passed by then.
        until = time.monotonic() + 0.7
        wait_until(lambda: time.monotonic() > until, "time passed")
        (bench.folder / "go").touch()
        ended(shim)
    assert lines(bench.folder / "signals") == ["SIGINT"]
    assert not lines(bench.folder / "signals.child")
    assert bench.result is not None
    assert bench.result["exit_code"] == 0


# Deaths


def test_a_terraform_whose_shim_is_killed_goes_on_and_no_result_is_left(bench: Bench) -> None:
    with bench.shim(*patient()) as shim:
        pid = bench.pid_in("pid")
        os.kill(shim.pid, signal.SIGKILL)
        ended(shim)
        assert is_alive(pid)
        (bench.folder / "go").touch()
        wait_until(lambda: not is_alive(pid), "it ends by itself")
    assert bench.result is None
    assert bench.receipt is not None


def test_a_child_in_the_background_does_not_hold_up_the_result(bench: Bench) -> None:
    with bench.shim(SH, "-c", "sleep 1000 & echo $! > pid") as shim:
        ended(shim)
        assert bench.result is not None
        assert bench.result["exit_code"] == 0
        assert is_alive(bench.pid_in("pid"))


@pytest.mark.parametrize(
    ("failpoint", "there"),
    [
        ("shim.before_receipt", set()),
        ("shim.after_receipt", {"receipt"}),
        ("shim.before_result", {"receipt", "effect"}),
        ("shim.after_result", {"receipt", "effect", "result"}),
    ],
)
def test_wherever_it_is_killed_the_files_say_how_far_it_came(
    bench: Bench, failpoint: str, there: set[str]
) -> None:
    effect = bench.folder / "effect"
    with bench.shim(SH, "-c", "touch effect", env={VARIABLE: f"{failpoint}=kill"}) as shim:
        ended(shim)
    paths = {"receipt": bench.files.receipt, "effect": effect, "result": bench.files.result}
    assert {name for name, path in paths.items() if path.exists()} == there
    assert bench.files.silent
