"""Which process listens on a TCP port of this machine, as far as this user may see."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
_LISTEN = "0A"  # the state in /proc/net/tcp
_ADDRESS, _STATE, _INODE = 1, 3, 9


def listener(port: int) -> str | None:
    """Such as `nginx (pid 812)`; None if nothing listens there, or it belongs to another user."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    for process in PROC.glob("[0-9]*") if sockets else ():
        if not sockets.isdisjoint(_opened(process)):
            with suppress(OSError):
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
    return None


def _opened(process: Path) -> Iterator[str]:
    """Nothing for a process of another user; descriptors come and go meanwhile."""
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                yield str(descriptor.readlink())


def _inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        try:
            lines = (PROC / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for columns in map(str.split, lines):
            if columns[_STATE] == _LISTEN and int(columns[_ADDRESS].rpartition(":")[2], 16) == port:
                yield columns[_INODE]
