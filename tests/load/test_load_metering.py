"""What the processes of a run take, and what the machine has."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.host.memory import MachineMemory
from runner.process.metering import Meter, metered
from runner.process.run import Command, Finished, run

MB = 1 << 20
# A process and its child, each of which holds memory until the file is there.
HOLDS = """\
import os, subprocess, sys, time
held = b"x" * (60 << 20)
if sys.argv[2] == "parent":
    subprocess.run([sys.executable, "-c", sys.argv[3], sys.argv[1], "child", ""])
else:
    print("holds", os.getppid(), flush=True)
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.01)
"""


def wait_until(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


def leader(folder: Path) -> int:
    """The process whose child has said that it holds."""
    return int((folder / "out").read_text().split()[1])


def holding(folder: Path, meter: Meter | None) -> tuple[threading.Thread, list[Finished]]:
    ended: list[Finished] = []
    go = str(folder / "go")
    command = Command(
        argv=(sys.executable, "-c", HOLDS, go, "parent", HOLDS),
        cwd=folder,
        env={},
        stdout=folder / "out",
        stderr=folder / "err",
        deadline=30.0,
    )

    def work() -> None:
        if meter is None:
            ended.append(run(command))
        else:
            with metered(meter):
                ended.append(run(command))

    thread = threading.Thread(target=work)
    thread.start()
    return thread, ended


def test_the_memory_of_a_process_tree_is_seen_and_gone_with_it(tmp_path: Path) -> None:
    meter = Meter()
    thread, ended = holding(tmp_path, meter)
    wait_until(lambda: meter.now > 120 * MB)
    during = meter.now
    (tmp_path / "go").touch()
    thread.join()
    assert ended[0].exit_code == 0
    assert 120 * MB < during < 300 * MB
    assert (meter.now, meter.peak >= during) == (0, True)


def test_two_at_once_are_counted_together() -> None:
    meter = Meter()
    meter.note(1, 100)
    meter.note(2, 50)
    assert (meter.now, meter.peak) == (150, 150)
    meter.note(1, 0)
    meter.note(2, 60)
    assert (meter.now, meter.peak) == (60, 150)


def test_what_works_for_the_run_beside_it_is_counted_too(tmp_path: Path) -> None:
    meter, other = Meter(), tmp_path / "other"
    other.mkdir()
    beside, _ = holding(other, None)
    said = other / "out"
    wait_until(lambda: said.exists() and said.read_bytes().endswith(b"\n"))
    meter.beside.add(leader(other))
    (tmp_path / "go").touch()
    thread, _ = holding(tmp_path, meter)
    thread.join()
    (other / "go").touch()
    beside.join()
    assert meter.peak > 120 * MB


def test_another_threads_processes_are_not_counted(tmp_path: Path) -> None:
    meter = Meter()
    (tmp_path / "go").touch()
    with metered(meter):
        thread, _ = holding(tmp_path, None)
        thread.join()
    assert meter.peak == 0


def machine(root: Path, available: int, groups: dict[str, tuple[str, int, int]]) -> MachineMemory:
    proc, cgroups = root / "proc", root / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "meminfo").write_text(f"MemTotal: 8000 kB\nMemFree: 1 kB\nMemAvailable: {available} kB\n")
    (proc / "self" / "cgroup").write_text("0::/system.slice/driftline.service\n")
    for name, (limit, used, inactive) in groups.items():
        folder = cgroups / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text(f"{used}\n")
        (folder / "memory.stat").write_text(f"anon 5\ninactive_file {inactive}\nslab 3\n")
    return MachineMemory(proc, cgroups)


@pytest.mark.parametrize(
    ("what", "groups", "available", "total"),
    [
        ("no control group", {}, 4000 * 1024, 8000 * 1024),
        ("no limit", {"system.slice/driftline.service": ("max", 9, 0)}, 4000 * 1024, 8000 * 1024),
        ("its own limit", {"system.slice/driftline.service": ("1000000", 400000, 100000)}, 700000, 1000000),
        ("one above it", {"system.slice": ("500000", 400000, 0)}, 100000, 500000),
        ("a wide limit", {"system.slice": ("90000000", 0, 0)}, 4000 * 1024, 8000 * 1024),
    ],
)
def test_the_available_memory_is_the_minimum_of_machine_and_cgroups(
    tmp_path: Path, what: str, groups: dict[str, tuple[str, int, int]], available: int, total: int
) -> None:
    memory = machine(tmp_path, 4000, groups)
    assert (memory.available(), memory.total()) == (available, total), what


def test_this_machine_has_memory() -> None:
    available, total = MachineMemory().available(), MachineMemory().total()
    assert available is not None
    assert total is not None
    assert 0 < available <= total
