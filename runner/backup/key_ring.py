"""The keys of an installation in one file, to be stored apart from its backups."""

import json
from collections.abc import Mapping
from pathlib import Path

from runner.artifact.seal import key_id
from runner.backup.seal import Header
from runner.datadir.keys import LENGTH, key_file
from runner.errors import BackupKeyMissing, Conflict, KeysDamaged
from runner.host.files import private_folder, read_foreign, write_whole
from runner.model.values.frozen import dataclass

FOLDER = "keys"
BACKUP = "backup"
_MARK = "driftline_keys"
_LARGEST = 1 << 20


@dataclass(frozen=True)
class KeyRing:
    """By name, as in `data_dir/keys`. One of them opens backups."""

    keys: Mapping[str, bytes]

    @classmethod
    def of(cls, data_dir: Path) -> "KeyRing":
        """The key for backups is created if missing."""
        key_file(data_dir / FOLDER / BACKUP)
        paths = sorted(path for path in (data_dir / FOLDER).iterdir() if not path.name.startswith("."))
        return cls({path.name: key_file(path) for path in paths})

    @classmethod
    def read(cls, file: Path) -> "KeyRing":
        try:
            document = json.loads(read_foreign(file, _LARGEST))
            keys = {str(name): bytes.fromhex(text) for name, text in document[_MARK].items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise KeysDamaged(file=file) from error
        if not all(len(key) == LENGTH and name.isalnum() for name, key in keys.items()):
            raise KeysDamaged(file=file)
        return cls(keys)

    @property
    def backup(self) -> bytes:
        return self.keys[BACKUP]

    def opens(self, header: Header) -> bytes:
        key = self.keys.get(BACKUP)
        if key is None or key_id(key) != header.key:
            raise BackupKeyMissing(wanted=header.key, known=key_id(key) if key else "none")
        return key

    def write(self, file: Path) -> bool:
        """Returns whether it is new. Conflict if the file has other contents."""
        content = json.dumps({_MARK: {name: key.hex() for name, key in self.keys.items()}}, indent=2)
        if file.exists():
            if read_foreign(file, _LARGEST) == content.encode():
                return False
            raise Conflict(
                f"{file} already exists and contains other keys", hint="use another file for --keys"
            )
        write_whole(file, content.encode())
        return True

    def put(self, data_dir: Path) -> None:
        folder = private_folder(data_dir / FOLDER)
        for name, key in self.keys.items():
            write_whole(folder / name, key)
