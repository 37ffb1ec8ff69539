"""The machine's memory, as far as this process may use it. Satisfies `ports.Memory`."""

import os
from collections.abc import Iterator
from pathlib import Path

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class MachineMemory:
    """Limits by systemd's MemoryMax= or a container count too: beyond them the kernel kills. `proc` and
    `cgroups` are for tests.
    """

    proc: Path = Path("/proc")
    cgroups: Path = Path("/sys/fs/cgroup")

    def available(self) -> int | None:
        """The memory that processes can get without swapping; free pages alone are few once files have been read."""
        left = [limit - used for limit, used in self._limits()]
        machine = self._line("MemAvailable")
        return min([*left, *([machine] if machine is not None else _pages("SC_AVPHYS_PAGES"))], default=None)

    def total(self) -> int | None:
        limits = [limit for limit, _ in self._limits()]
        machine = self._line("MemTotal")
        return min([*limits, *([machine] if machine is not None else _pages("SC_PHYS_PAGES"))], default=None)

    def _line(self, name: str) -> int | None:
        try:
            lines = (self.proc / "meminfo").read_text().splitlines()
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))
        except (OSError, StopIteration):
            return None

    def _limits(self) -> Iterator[tuple[int, int]]:
        """The limit of our control group and of each above it, with its usage that cannot be dropped."""
        try:
            words = (self.proc / "self" / "cgroup").read_text().splitlines()
            here = next(line.removeprefix("0::/") for line in words if line.startswith("0::/"))
        except (OSError, StopIteration):
            return
        folder = self.cgroups / here
        while folder.is_relative_to(self.cgroups):
            try:
                limit = int((folder / "memory.max").read_text())
                used = int((folder / "memory.current").read_text()) - _droppable(folder)
                yield limit, used
            except (OSError, ValueError):
                pass  # the root has no such file, and "max" is no limit
            folder = folder.parent


def _droppable(folder: Path) -> int:
    """Pages of files that were not used recently."""
    for line in (folder / "memory.stat").read_text().splitlines():
        name, _, size = line.partition(" ")
        if name == "inactive_file":
            return int(size)
    return 0


def _pages(name: str) -> list[int]:
    try:
        return [os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")]
    except (OSError, ValueError):
        return []
