"""The checksum that lock files call `h1:`, of an unpacked package.

It is Go's dirhash.Hash1 (golang.org/x/mod/sumdb/dirhash): SHA-256 over the sorted lines of `sha256sum`.
"""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import file_digest, sha256
from pathlib import Path


def checksum(package: Path) -> str:
    """Reads every byte, and a provider can have 700 MB."""
    names = {path.relative_to(package).as_posix(): path for path in files(package)}
    lines = "".join(f"{_digest(path)}  {name}\n" for name, path in sorted(names.items()))
    return f"h1:{b64encode(sha256(lines.encode()).digest()).decode()}"


def files(package: Path) -> Iterator[Path]:
    return (path for path in package.rglob("*") if path.is_file())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
