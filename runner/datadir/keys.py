"""The keys of this installation, each a file of 32 random bytes created on first use.

`fingerprint`: fingerprints made with it are comparable only within this installation.

`artifacts`: encrypts artifacts, unless the configuration names a key for that.
"""

import os
import secrets
from functools import cached_property
from pathlib import Path

from runner import failpoint
from runner.errors import KeyDamaged
from runner.host.files import PRIVATE_FILE, private_folder, sync_folder

LENGTH = 32


class FileSecrets:
    """Satisfies `ports.Secrets` with files in the data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "keys"

    def fingerprint_key(self) -> bytes:
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> bytes:
        return key_file(self.folder / "fingerprint")


def key_file(path: Path) -> bytes:
    """The key in this file, created if missing; KeyDamaged if the content is not a key."""
    if not path.exists():
        _generate(path)
    key = path.read_bytes()
    if len(key) != LENGTH:
        raise KeyDamaged(path=path, length=len(key))
    return key


def _generate(path: Path) -> None:
    """Create the key, unless another process is faster: `link` refuses to replace a file."""
    folder = private_folder(path.parent)
    fresh = folder / f".{path.name}.{secrets.token_hex(6)}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(LENGTH))
            file.flush()
            os.fsync(file.fileno())
        failpoint.reach("key.before_link")
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    sync_folder(folder)
