"""The providers that `init` installed for a module, each with the checksum from its lock file.

Terraform verifies the providers that it starts, but not one that is already running. So we do, and cache the
result until a file of the package changes: hashing 700 MB takes longer than the whole check.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from runner.host.files import private_folder, write_whole
from runner.model.values.frozen import dataclass
from runner.probe.checksum import checksum, files

_BLOCK = re.compile(r'^provider\s+"([^"\s]+)"\s*\{(.*?)^\}', re.MULTILINE | re.DOTALL)
_VERSION = re.compile(r'^\s*version\s*=\s*"([^"]+)"', re.MULTILINE)
_HASH = re.compile(r'"(h1:[A-Za-z0-9+/=]+)"')


class Unverified(Exception):
    """A provider that is not, or not provably, the one that the lock file names"""


@dataclass(frozen=True)
class Installed:
    """`checksum` is the computed one, which the lock file contains too."""

    address: str  # registry.terraform.io/hashicorp/aws
    version: str
    executable: Path
    checksum: str

    @property
    def name(self) -> str:
        return f"{self.address} {self.version}"


def installed(lock_file: Path, data: Path, verified: Path) -> tuple[Installed, ...]:
    """Everything in the lock file, verified; Unverified if that is impossible. `verified` caches the results."""
    try:
        text = lock_file.read_text()
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise Unverified(f"the lock file cannot be read: {error}") from None
    return tuple(_locked(text, data, verified))


def _locked(text: str, data: Path, verified: Path) -> Iterator[Installed]:
    for address, body in _BLOCK.findall(text):
        version = _VERSION.search(body)
        if version is None:
            raise Unverified(f"the lock file has no version of {address}")
        folder = data / "providers" / address / version[1]
        if not folder.is_dir():
            continue  # the lock file may name more than this module uses
        packages = [one for one in folder.iterdir() if one.is_dir()]
        if len(packages) != 1:
            raise Unverified(f"{address} {version[1]} is installed for {len(packages)} platforms")
        package = packages[0].resolve()
        made = _verified(package, verified)
        if made not in _HASH.findall(body):
            raise Unverified(f"{address} {version[1]} does not have the checksum (h1) in the lock file")
        yield Installed(address, version[1], _executable(package, address), made)


def _executable(package: Path, address: str) -> Path:
    """As terraform finds it: the only file whose name starts so."""
    name = f"terraform-provider-{address.rpartition('/')[2]}"
    found = [path for path in package.iterdir() if path.name.startswith(name) and path.is_file()]
    if len(found) != 1:
        raise Unverified(f"{address} has {len(found)} possible binaries")
    return found[0]


def _verified(package: Path, folder: Path) -> str:
    record = private_folder(folder) / hashlib.sha256(str(package).encode()).hexdigest()[:40]
    facts = _facts(package)
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(record.read_bytes())
        if known["facts"] == facts:
            return str(known["checksum"])
    made = checksum(package)
    if facts == _facts(package):
        with suppress(OSError):
            write_whole(record, json.dumps({"facts": facts, "checksum": made}).encode(), durable=False)
    return made


def _facts(package: Path) -> list[list[int | str]]:
    """Facts that change whenever a file is written: only root can set an inode's change time."""
    found = sorted(files(package))
    stats = ((path.relative_to(package).as_posix(), path.stat()) for path in found)
    return [
        [name, s.st_dev, s.st_ino, s.st_size, s.st_mode, s.st_mtime_ns, s.st_ctime_ns] for name, s in stats
    ]
