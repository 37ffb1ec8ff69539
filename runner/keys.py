"""The key of this installation: fingerprints made with it can be compared here and say nothing elsewhere."""

import os
import secrets
from functools import cached_property
from pathlib import Path

from runner.errors import KeyDamaged
from runner.files import PRIVATE_FILE, private_folder, sync_folder

LENGTH = 32


class FileSecrets:
    """Satisfies `ports.Secrets` with a file in the data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "keys" / "fingerprint"

    def fingerprint_key(self) -> bytes:
        return self._key

    @cached_property
    def _key(self) -> bytes:
        if not self.path.exists():
            self._generate()
        key = self.path.read_bytes()
        if len(key) != LENGTH:
            raise KeyDamaged(path=self.path, length=len(key))
        return key

    def _generate(self) -> None:
        """Make the key, unless another process is faster: `link` refuses to replace what is there."""
        folder = private_folder(self.path.parent)
        fresh = folder / f".fingerprint.{secrets.token_hex(6)}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(LENGTH))
                file.flush()
                os.fsync(file.fileno())
            self.path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        sync_folder(folder)
