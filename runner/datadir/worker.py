"""Which worker this is, whatever its name: so that the server notices two of one name."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.datadir.daemon_lock import only
from runner.datadir.keys import key_file
from runner.errors import WorkerRunning
from runner.host.boot import boot_of_this_host
from runner.host.files import private_folder
from runner.model.settings.pools import WorkerSettings

FOLDER = "work"
INSTANCE = "instance"
LOCK_FILE = "worker.lock"
NO_WORKER = "0" * 16


def worker_name(worker: WorkerSettings) -> str:
    return worker.name or os.uname().nodename.lower()


def instance_of(data_dir: Path) -> str:
    """The same for every process of this data directory. A copy of the directory on another host has another boot."""
    own = key_file(data_dir / FOLDER / INSTANCE)
    return hashlib.sha256(own + boot_of_this_host().encode()).hexdigest()[:16]


def known_instance(data_dir: Path) -> str:
    """`instance_of` where a worker ran before. Elsewhere that of no worker, and nothing is made."""
    ran = (data_dir / FOLDER / INSTANCE).exists()
    return instance_of(data_dir) if ran else NO_WORKER


@contextmanager
def only_worker(data_dir: Path) -> Iterator[None]:
    """WorkerRunning where another process listens for this data directory."""
    with only(private_folder(data_dir) / LOCK_FILE, lambda pid: WorkerRunning(pid=pid, data_dir=data_dir)):
        yield
