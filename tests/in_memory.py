"""What tests write lies in memory where there is enough of it: a test with git takes 30 % less CPU time than on a disk."""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from multiprocessing.util import Finalize
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
PREFIX = "dl-tests-"
# Of each test only what it holds at once is there, and of one that failed what it left.
ENOUGH = 2 << 30


class InMemory:
    """A plugin of the process that starts the others, which inherit TMPDIR."""

    def __init__(self, memory: Path) -> None:
        self.folder, self._lock = made_in(memory)
        self._kept = False

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._kept = exitstatus == pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._kept:
            terminalreporter.write_line(f"What failed tests left is in {self.folder}, until the next run.")

    def pytest_unconfigure(self) -> None:
        # multiprocessing still has a folder of its own in there, which it removes with a priority of -100.
        Finalize(None, self.clean_up, exitpriority=-200)

    def clean_up(self) -> None:
        if not self._kept:
            shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def use_memory(config: pytest.Config, memory: Path = MEMORY) -> None:
    """Unless somebody chose a place, or this is a worker, to which one was given."""
    if config.option.basetemp or "TMPDIR" in os.environ or not roomy(memory):
        return
    remove_abandoned(memory)
    plugin = InMemory(memory)
    config.pluginmanager.register(plugin, "in_memory")
    os.environ["TMPDIR"] = str(plugin.folder)
    tempfile.tempdir = None
    config.option.basetemp = plugin.folder / "t"


def roomy(memory: Path) -> bool:
    """Containers often have 64 MB there."""
    with suppress(OSError):
        return os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= ENOUGH
    return False


def made_in(memory: Path) -> tuple[Path, int]:
    """A folder that is locked, so that no other run removes it as abandoned; one may before the lock."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=memory))
        lock = _locked(folder)
        if lock is None:
            continue
        if folder.exists():
            return folder, lock
        os.close(lock)


def remove_abandoned(memory: Path) -> None:
    """Folders of runs that ended: what failed in them was looked at, or they were killed."""
    for folder in memory.glob(f"{PREFIX}*"):
        lock = _locked(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """A descriptor, unless another process has the lock or owns the folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
