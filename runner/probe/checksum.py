"""The checksum that lock files call `h1:`, of an unpacked package.

It is Go's dirhash.Hash1 (golang.org/x/mod/sumdb/dirhash): SHA-256 over the sorted lines of `sha256sum`.
"""

import os
from base64 import b64encode
from hashlib import file_digest, sha256
from pathlib import Path


def checksum(package: Path) -> str:
    """Reads every byte, and a provider can have 700 MB."""
    lines = "".join(f"{_digest(package / name)}  {name}\n" for name in files(package))
    return f"h1:{b64encode(sha256(lines.encode()).digest()).decode()}"


def files(package: Path) -> list[str]:
    """Their paths in the package, sorted; a link to a file counts as one."""
    top = f"{package}/"
    found = (f"{folder}/{name}" for folder, _, names in os.walk(package) for name in names)
    # As texts: a look at them precedes and follows each check.
    return sorted(path.removeprefix(top) for path in found if os.path.isfile(path))  # noqa: PTH113


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
