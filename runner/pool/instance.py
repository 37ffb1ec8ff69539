"""Which worker this is, whatever its name: so that the server notices two of one name."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.datadir.daemon_lock import only
from runner.datadir.keys import key_file
from runner.errors import WorkerRunning
from runner.host.files import private_folder
from runner.pool.ledger import FOLDER, boot_of_this_host

INSTANCE = "instance"
LOCK_FILE = "worker.lock"


def instance_of(data_dir: Path) -> str:
    """The same for every process of this data directory. A copy of the directory on another host has another boot."""
    own = key_file(data_dir / FOLDER / INSTANCE)
    return hashlib.sha256(own + boot_of_this_host().encode()).hexdigest()[:16]


@contextmanager
def only_worker(data_dir: Path) -> Iterator[None]:
    """WorkerRunning where another process listens for this data directory."""
    with only(private_folder(data_dir) / LOCK_FILE, lambda pid: WorkerRunning(pid=pid, data_dir=data_dir)):
        yield
