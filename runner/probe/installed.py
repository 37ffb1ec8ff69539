"""The providers that `init` installed for a module, each with the checksum from its lock file.

Terraform verifies the providers that it starts, but not one that is already running. So we do, and cache the
result until a file of the package changes: hashing 700 MB takes longer than the whole check.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from os.path import samestat
from pathlib import Path

from runner.host.files import private_folder, write_whole
from runner.model.values.frozen import dataclass
from runner.probe.checksum import checksum, files

_BLOCK = re.compile(r'^provider\s+"([^"\s]+)"\s*\{(.*?)^\}', re.MULTILINE | re.DOTALL)
_VERSION = re.compile(r'^\s*version\s*=\s*"([^"]+)"', re.MULTILINE)
_HASH = re.compile(r'"(h1:[A-Za-z0-9+/=]+)"')

Facts = list[list[int | str]]
# By record, what it says and of which file of that name: one fact that differs is enough for another look.
_known: dict[str, tuple[os.stat_result, Facts, str]] = {}


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
        folder = f"{data}/providers/{address}/{version[1]}"
        try:
            packages = [one.path for one in os.scandir(folder) if one.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            continue  # the lock file may name more than this module uses
        if len(packages) != 1:
            raise Unverified(f"{address} {version[1]} is installed for {len(packages)} platforms")
        package = os.path.realpath(packages[0])
        made = _verified(package, verified)
        if made not in _HASH.findall(body):
            raise Unverified(f"{address} {version[1]} does not have the checksum (h1) in the lock file")
        yield Installed(address, version[1], _executable(package, address), made)


def _executable(package: str, address: str) -> Path:
    """As terraform finds it: the only file whose name starts so."""
    name = f"terraform-provider-{address.rpartition('/')[2]}"
    found = [one.path for one in os.scandir(package) if one.name.startswith(name) and one.is_file()]
    if len(found) != 1:
        raise Unverified(f"{address} has {len(found)} possible binaries")
    return Path(found[0])


def _verified(package: str, folder: Path) -> str:
    record = f"{folder}/{hashlib.sha256(package.encode()).hexdigest()[:40]}"
    facts = _facts(package)
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = _recorded(record)
        if known[0] == facts:
            return known[1]
    private_folder(folder)
    made = checksum(Path(package))
    if facts == _facts(package):
        with suppress(OSError):
            write_whole(Path(record), json.dumps({"facts": facts, "checksum": made}).encode(), durable=False)
    return made


def _recorded(record: str) -> tuple[Facts, str]:
    about = os.stat(record)  # noqa: PTH116 - before each command
    known = _known.get(record)
    if known is None or not samestat(known[0], about) or known[0].st_ctime_ns != about.st_ctime_ns:
        content = json.loads(Path(record).read_bytes())
        known = _known[record] = about, content["facts"], str(content["checksum"])
    return known[1:]


def _facts(package: str) -> Facts:
    """Facts that change whenever a file is written: only root can set an inode's change time."""
    stats = ((name, os.stat(f"{package}/{name}")) for name in files(Path(package)))  # noqa: PTH116
    return [
        [name, s.st_dev, s.st_ino, s.st_size, s.st_mode, s.st_mtime_ns, s.st_ctime_ns] for name, s in stats
    ]
