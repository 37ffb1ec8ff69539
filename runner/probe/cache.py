"""What providers answered once and would answer again: their schemas, and that a configuration is valid.

A schema belongs to a provider's checksum. That a configuration is valid belongs to the checksum, to the environment and
to the very bytes of the request, which may hold credentials: an empty file says it, named by a keyed digest of them all.
What cannot be read is as if it were not there.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from runner.host.files import private_folder, sync_folder, write_whole
from runner.probe.protocol import cut

FORM = b"driftline probe 1\n"
SHOWN = 40  # characters of a digest in a file's name
MAX_VALIDATIONS = 4096
PROTOCOLS = (5, 6)
CUTS_KEPT = 100  # in memory, some 40 KB each


@dataclass(frozen=True)
class Question:
    """Whether a configuration is valid. `surroundings` is a digest of the environment of the provider."""

    provider: str
    surroundings: str
    request: bytes


class Cache:
    """One folder, 0700, for all processes of an installation; files appear whole, so nobody waits for anybody."""

    def __init__(self, folder: Path) -> None:
        self.folder = private_folder(folder)
        self._key = _key_of(self.folder / "key")

    def protocol(self, provider: str) -> int | None:
        """Which protocol the provider with this checksum speaks, where its schema is cached."""
        return next((one for one in PROTOCOLS if self._schema_file(provider, one).is_file()), None)

    def schema(self, provider: str, protocol: int) -> bytes | None:
        content = _read(self._schema_file(provider, protocol))
        if content is None or not content.startswith(FORM):
            return None
        digest, schema = content[len(FORM) :][:32], content[len(FORM) + 32 :]
        return schema if _seal(provider, protocol, schema) == digest else None

    def schema_of(self, provider: str, protocol: int, types: frozenset[str] | None) -> bytes | None:
        """Cut down to these types, or whole."""
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
        """Whether the provider had nothing to say when it was asked this before."""
        return self._validation_file(question).is_file()

    def keep_valid(self, question: Question) -> None:
        with suppress(OSError):
            write_whole(self._validation_file(question), b"", durable=False)
            self._forget_oldest()

    def forget(self, provider: str) -> None:
        """One of its answers may be wrong. No validation tells from whom it is, so all of them go."""
        schemas = (self._schema_file(provider, protocol) for protocol in PROTOCOLS)
        for path in (*schemas, *self._validations()):
            path.unlink(missing_ok=True)
        sync_folder(self.folder)

    def _schema_file(self, provider: str, protocol: int) -> Path:
        return self.folder / f"schema-{_digest(provider)}-{protocol}"

    def _validation_file(self, question: Question) -> Path:
        made = hashlib.blake2b(key=self._key, digest_size=SHOWN // 2)
        for part in (FORM, question.provider.encode(), question.surroundings.encode(), question.request):
            made.update(len(part).to_bytes(8) + part)
        return self.folder / f"validation-{made.hexdigest()}"

    def _forget_oldest(self) -> None:
        """A configuration with a session's credentials in it is never asked about again."""
        files = sorted(self._validations(), key=lambda one: one.stat().st_mtime, reverse=True)
        for path in files[MAX_VALIDATIONS:]:
            path.unlink(missing_ok=True)

    def _validations(self) -> Iterator[Path]:
        return self.folder.glob("validation-*")


@lru_cache(maxsize=CUTS_KEPT)
def _cut(
    folder: Path, provider: str, protocol: int, types: frozenset[str], _facts: tuple[int, ...]
) -> bytes | None:
    """Kept for as long as the file is the same: 5 MB are not read, digested and taken apart for each check."""
    whole = Cache(folder).schema(provider, protocol)
    return None if whole is None else cut(whole, types)


def _key_of(path: Path) -> bytes:
    """Made where there is none or a damaged one: then all answers are asked for again."""
    key = _read(path)
    if key is None or len(key) != 32:
        key = secrets.token_bytes(32)
        write_whole(path, key)
        # Another process may have made one at the same time; the file counts.
        key = path.read_bytes()
    return key


def _seal(provider: str, protocol: int, schema: bytes) -> bytes:
    """Of a schema and whose it is: a file that was copied or restored under another name is not this provider's."""
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
