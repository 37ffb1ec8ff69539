"""Kill: the daemon alone, or with it everything that it ever started."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path


def the_daemon(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def everything(process: "subprocess.Popen[bytes]", root: Path) -> None:
    """As the kernel does when a machine dies; looked for until nothing is left, since the dying may still fork."""
    process.kill()
    while found := _started_under(root):
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    process.wait()


def _started_under(root: Path) -> list[int]:
    """Processes whose command line or environment names the folder; our own does too."""
    mark, found = str(root).encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        with suppress(OSError):
            if pid != os.getpid() and _alive(folder):
                shown = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
                if mark in shown and pid != os.getppid():
                    found.append(pid)
    return found


def _alive(folder: Path) -> bool:
    return (folder / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
