"""The shim: a receipt before, a result after, and nothing that happens to anybody else reaches terraform."""

import re
import subprocess
import threading
from pathlib import Path

import pytest
from shim_world import STRACE, Bench, ended, python

from runner.failpoint import VARIABLE

SH = "/bin/sh"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


# The receipt


def test_the_receipt_is_there_before_it_begins(bench: Bench) -> None:
    result = bench.through(SH, "-c", f'[ -s "{bench.files.receipt}" ]')
    assert result is not None
    assert result["exit_code"] == 0
    assert bench.receipt is not None
    assert bench.receipt["run"] == "run-7"


@pytest.mark.skipif(STRACE is None, reason="no strace on PATH")
def test_the_receipt_is_synced_before_the_start_and_the_result_before_exit(
    bench: Bench, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    with bench.shim("/bin/true") as shim:
        ended(shim)
    bench.files.receipt.unlink()
    bench.files.result.unlink()
    argv = [str(word) for word in shim.args]  # type: ignore[union-attr]
    calls = "trace=fsync,link,linkat,rename,renameat,renameat2,execve,vfork,clone,clone3"
    subprocess.run([str(STRACE), "-f", "-o", trace, "-e", calls, *argv], cwd=tmp_path, check=True)
    seen = re.findall(r"^\d+ +(fsync|link|rename|execve\(\"/bin/true)", trace.read_text(), re.MULTILINE)
    assert seen == ["fsync", "link", "fsync", 'execve("/bin/true', "fsync", "rename", "fsync"]


def test_a_plan_is_handed_over_once(bench: Bench) -> None:
    effect = bench.folder / "effect"
    script = (SH, "-c", f"echo once >> {effect}")
    bench.through(*script)
    receipt = bench.files.receipt.read_bytes()
    result = bench.through(*script)
    assert result == {"refused": "this plan was handed to terraform before"}
    assert lines(effect) == ["once"]
    assert bench.files.receipt.read_bytes() == receipt


def test_of_many_who_hand_it_over_at_once_one_does(bench: Bench) -> None:
    effect = bench.folder / "effect"
    threads = [
        threading.Thread(target=bench.through, args=(SH, "-c", f"echo once >> {effect}")) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lines(effect) == ["once"]


def test_nothing_begins_where_the_receipt_cannot_be_written(bench: Bench) -> None:
    with bench.shim(SH, "-c", "touch effect", env={VARIABLE: "shim.before_receipt=ENOSPC"}) as shim:
        ended(shim)
    assert bench.result is not None
    assert "receipt" in bench.result["refused"]
    assert bench.files.silent
    assert not (bench.folder / "effect").exists()


def test_a_symlink_in_place_of_the_receipt_is_not_written_through(bench: Bench) -> None:
    victim = bench.folder / "victim"
    bench.files.receipt.parent.mkdir()
    bench.files.receipt.symlink_to(victim)
    bench.through(SH, "-c", "touch effect")
    assert not victim.exists()
    assert not (bench.folder / "effect").exists()


# The result


@pytest.mark.parametrize("code", [0, 1, 77])
def test_an_exit_code_is_kept(bench: Bench, code: int) -> None:
    result = bench.through(SH, "-c", f"exit {code}")
    assert result is not None
    assert result["exit_code"] == code
    assert 0 <= result["seconds"] < 60


def test_a_signal_that_ended_it_is_kept_as_a_negative_number(bench: Bench) -> None:
    result = bench.through(SH, "-c", "kill -KILL $$")
    assert result is not None
    assert result["exit_code"] == -9


def test_a_program_that_is_not_there_is_refused_with_the_reason(bench: Bench) -> None:
    result = bench.through(str(bench.folder / "nothing"))
    assert result is not None
    assert "No such file" in result["refused"]
    assert bench.files.silent


def test_nothing_of_the_shim_is_open_in_terraform(bench: Bench) -> None:
    bench.through(SH, "-c", "ls -l /proc/self/fd")
    assert "pipe:" not in bench.said()


def test_receipt_and_result_are_private_and_nothing_else_is_left(bench: Bench) -> None:
    bench.through("/bin/true")
    for path in (bench.files.receipt, bench.files.result):
        assert path.stat().st_mode & 0o777 == 0o600
        assert not list(path.parent.glob(f"{path.name}.*"))


def test_a_result_waits_for_room_on_a_full_disk(bench: Bench) -> None:
    script = f"""
import json, os, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from runner.process import shim
real, tries = shim.written, []
def full(path, content, **how):
    if not path.endswith("receipt.json"):
        tries.append(1)
        if len(tries) < 4:
            raise OSError(28, "No space left on device")
    return real(path, content, **how)
shim.written, shim.LOOK_SECONDS = full, 0.01
order = {{"receipt": {str(bench.folder / "receipt.json")!r}, "result": {str(bench.files.result)!r}, "stop": "", "facts": {{}}}}
sys.exit(shim.main(order, ["/bin/true"]))
"""
    bench.files.control.mkdir()
    subprocess.run(python(script), check=True)
    assert bench.result is not None
    assert bench.result["exit_code"] == 0
