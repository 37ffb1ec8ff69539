"""The lock file of a root module at one revision: from Git, or as the first `init` wrote it.

It lies in the module's folder, where runs can write. A copy is kept out of their reach and restored before
each command, so that all stacks sharing the module get the same providers, whatever a run wrote there.
"""

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from runner.engine.removal import remove
from runner.host.files import private_folder, read_foreign, write_whole

LOCK_FILE = ".terraform.lock.hcl"
LARGEST = 16 << 20
FOLDER = "locks"


class LockFiles:
    """`folder` is out of reach for runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER

    def put_right(self, module: Path) -> None:
        """Before the first `init` there is no copy, and the existing file is Git's."""
        with suppress(FileNotFoundError):
            self._put(module, self._kept(module))

    def keep(self, module: Path) -> bool:
        """After an `init`: keep its file. False if another stack's `init` was first: that file is restored."""
        try:
            kept = self._kept(module)
        except FileNotFoundError:
            self._forget_gone()
            kept = None
        there = read_lock_file(module)
        if kept is None or kept == there:
            self._keep(module, there)
            return True
        self._put(module, kept)
        return False

    def add_checksums(self, module: Path) -> None:
        """After an `init` that had to add checksums of this platform to a lock file."""
        self._keep(module, read_lock_file(module))

    def _put(self, module: Path, kept: bytes | None) -> None:
        path = module / LOCK_FILE
        try:
            if read_lock_file(module) == kept:
                return
        except OSError:
            """Not a plain file."""
        if kept is None or (path.is_dir() and not path.is_symlink()):
            remove(path)
        if kept is not None:
            write_whole(path, kept, durable=False)

    def _kept(self, module: Path) -> bytes | None:
        """FileNotFoundError if this module is unknown."""
        try:
            record = json.loads(self._record(module).read_bytes())
            return None if record["lock"] is None else str(record["lock"]).encode(errors="surrogateescape")
        except (ValueError, KeyError, TypeError) as error:
            raise FileNotFoundError from error

    def _keep(self, module: Path, content: bytes | None) -> None:
        lock = None if content is None else content.decode(errors="surrogateescape")
        private_folder(self.folder)
        record = json.dumps({"module": os.fspath(module), "lock": lock})
        write_whole(self._record(module), record.encode(), durable=False)

    def _record(self, module: Path) -> Path:
        return self.folder / hashlib.sha256(os.fsencode(module)).hexdigest()

    def _forget_gone(self) -> None:
        """Forget trees that retention has removed."""
        for record in self.folder.glob("*"):
            with suppress(OSError, ValueError, KeyError, TypeError):
                if not Path(json.loads(record.read_bytes())["module"]).is_dir():
                    record.unlink()


def read_lock_file(module: Path) -> bytes | None:
    """None if there is none; OSError if it is not a plain file."""
    try:
        return read_foreign(module / LOCK_FILE, LARGEST)
    except FileNotFoundError:
        return None
