"""Answers that providers would repeat: their schemas, and that a configuration is valid.

A schema belongs to a provider's checksum. The validity of a configuration depends on the checksum, the
environment and the exact bytes of the request, which may contain credentials: it is recorded by an empty
file, named by a keyed digest of them all. An unreadable file counts as missing.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from runner.host.files import private_folder, sync_folder, write_whole
from runner.model.values.frozen import dataclass
from runner.model.values.keyed import keyed_digest
from runner.probe.protocol import cut

FORM = b"driftline probe 1\n"
SHOWN = 40  # characters of a digest in a file's name
MAX_VALIDATIONS = 4096
PROTOCOLS = (5, 6)
CUTS_KEPT = 100  # in memory, about 40 KB each


@dataclass(frozen=True)
class Question:
    """Whether a configuration is valid. `surroundings` is a digest of the provider's environment."""

    provider: str
    surroundings: str
    request: bytes


class Cache:
    """One folder, 0700, for all processes of an installation; files appear complete, so nothing has to wait."""

    def __init__(self, folder: Path) -> None:
        self.folder = private_folder(folder)
        self._key = _key_of(self.folder / "key")

    def protocol(self, provider: str) -> int | None:
        """The protocol of the provider with this checksum, if its schema is cached."""
        return next((one for one in PROTOCOLS if self._schema_file(provider, one).is_file()), None)

    def schema(self, provider: str, protocol: int) -> bytes | None:
        content = _read(self._schema_file(provider, protocol))
        if content is None or not content.startswith(FORM):
            return None
        digest, schema = content[len(FORM) :][:32], content[len(FORM) + 32 :]
        return schema if _seal(provider, protocol, schema) == digest else None

    def schema_of(self, provider: str, protocol: int, types: frozenset[str] | None) -> bytes | None:
        """Reduced to these types, or complete."""
        if types is None:
            return self.schema(provider, protocol)
        with suppress(OSError):
            seen = self._schema_file(provider, protocol).stat()
            facts = (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
            return _cut(self.folder, provider, protocol, types, facts)
        return None

    def keep_schema(self, provider: str, protocol: int, schema: bytes) -> None:
        content = FORM + _seal(provider, protocol, schema) + schema
        # A full disk costs the next check some seconds, nothing else.
        with suppress(OSError):
            write_whole(self._schema_file(provider, protocol), content, durable=False)

    def is_valid(self, question: Question) -> bool:
        """Whether the provider accepted exactly this before."""
        return self._validation_file(question).is_file()

    def keep_valid(self, question: Question) -> None:
        with suppress(OSError):
            write_whole(self._validation_file(question), b"", durable=False)
            self._forget_oldest()

    def forget(self, provider: str) -> None:
        """One of its answers may be wrong. Validations do not say which provider they came from, so all are removed."""
        schemas = (self._schema_file(provider, protocol) for protocol in PROTOCOLS)
        for path in (*schemas, *self._validations()):
            path.unlink(missing_ok=True)
        sync_folder(self.folder)

    def _schema_file(self, provider: str, protocol: int) -> Path:
        return self.folder / f"schema-{_digest(provider)}-{protocol}"

    def _validation_file(self, question: Question) -> Path:
        parts = (FORM, question.provider.encode(), question.surroundings.encode(), question.request)
        return self.folder / f"validation-{keyed_digest(self._key, *parts, size=SHOWN // 2).hex()}"

    def _forget_oldest(self) -> None:
        """A configuration with session credentials is never asked about again."""
        files = sorted(self._validations(), key=lambda one: one.stat().st_mtime, reverse=True)
        for path in files[MAX_VALIDATIONS:]:
            path.unlink(missing_ok=True)

    def _validations(self) -> Iterator[Path]:
        return self.folder.glob("validation-*")


@lru_cache(maxsize=CUTS_KEPT)
def _cut(
    folder: Path, provider: str, protocol: int, types: frozenset[str], _facts: tuple[int, ...]
) -> bytes | None:
    """Cached while the file is unchanged: reading, hashing and cutting 5 MB for each check is too slow."""
    whole = Cache(folder).schema(provider, protocol)
    return None if whole is None else cut(whole, types)


def _key_of(path: Path) -> bytes:
    """Created if missing or damaged: then every question is asked again."""
    key = _read(path)
    if key is None or len(key) != 32:
        key = secrets.token_bytes(32)
        write_whole(path, key)
        # Another process may have created one at the same time; the file counts.
        key = path.read_bytes()
    return key


def _seal(provider: str, protocol: int, schema: bytes) -> bytes:
    """Binds a schema to its provider: a file copied or restored under another name is not valid for it."""
    made = hashlib.sha256(f"{provider} {protocol}\n".encode())
    made.update(schema)
    return made.digest()


def _digest(provider: str) -> str:
    return hashlib.sha256(provider.encode()).hexdigest()[:SHOWN]


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
