"""The identity of an engine's program, byte for byte."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from runner.host.files import private_folder, write_whole

HASHED = "binaries.json"
HASHED_KEPT = 20


def binary_digest(binary: Path, folder: Path) -> str:
    """SHA-256 of the program, cached in the folder: hashing its 90 MB takes as long as three small plans.

    A replaced program has another inode or another change time, which no program can set.
    """
    real = binary.resolve()
    about = real.stat()
    facts = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    return _remembered(real, " ".join(map(str, (real, *facts))), folder)


@lru_cache(maxsize=16)
def _remembered(binary: Path, key: str, folder: Path) -> str:
    record = private_folder(folder) / HASHED
    try:
        known = json.loads(record.read_bytes())
    except (OSError, ValueError):
        known = {}
    if not isinstance(known, dict) or not isinstance(known.get(key), str):
        known = {**(known if isinstance(known, dict) else {}), key: _hashed(binary, key)}
        content = json.dumps(dict(list(known.items())[-HASHED_KEPT:]), indent=1)
        write_whole(record, content.encode(), durable=False)
    return str(known[key])


@lru_cache(maxsize=16)
def _hashed(binary: Path, _key: str) -> str:
    with binary.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
