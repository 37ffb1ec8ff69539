"""The sealed file: a header that anybody can read, then AES-256-GCM in chunks, none of which can be changed,
moved or dropped.

`DLB1`, the length of the header in 2 bytes, the header as JSON, a salt of 32 bytes, then chunks of 1 MiB with
a tag of 16 each. The key of a file is derived from the backup key, its salt and its header; the nonce of a
chunk is its number, and whether it is the last.
"""

import io
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, BinaryIO

from runner.artifact.seal import key_id
from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"DLB1"
FORMAT = 1
CHUNK, TAG, SALT = 1 << 20, 16, 32
_LENGTH = 2
_INFO = b"driftline backup\0"


class NotOpened(Exception):
    """it is damaged, or not a Driftline backup"""


class OtherKey(Exception):
    """it was sealed with another key"""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted


@dataclass(frozen=True)
class Header:
    """What is known of a backup without its key. `key` is the public name of the one that opens it."""

    format: int
    version: str  # of the Driftline that made it
    schema: int  # of its database
    made: str
    key: str

    def content(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()


class Sealing(io.RawIOBase):
    """Seals what is written to it; the file is complete only after `finish`."""

    def __init__(self, into: BinaryIO, header: Header, key: bytes) -> None:
        content, salt = header.content(), secrets.token_bytes(SALT)
        into.write(MAGIC + len(content).to_bytes(_LENGTH) + content + salt)
        self._into = into
        self._cipher = _cipher(key, salt, content)
        self._number = 0
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._waiting += data
        # The last chunk is known only at the end, so a full one waits for the next byte.
        while len(self._waiting) > CHUNK:
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def finish(self) -> None:
        self._put(bytes(self._waiting), last=True)

    def _put(self, plain: bytes, *, last: bool) -> None:
        self._into.write(self._cipher.encrypt(_nonce(self._number, last=last), plain, None))
        self._number += 1


class Opening(io.RawIOBase):
    """Returns the sealed content, each chunk only after it was verified."""

    def __init__(self, file: BinaryIO, key: Callable[[Header], bytes]) -> None:
        """`key` may refuse the header. NotOpened, OtherKey."""
        content = _header(file)
        self.header = _read(content)
        self._file = file
        found = key(self.header)
        if key_id(found) != self.header.key:
            raise OtherKey(self.header.key)
        self._cipher = _cipher(found, file.read(SALT), content)
        self._number = 0
        self._next = file.read(CHUNK + TAG)
        self._plain = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        if not self._plain and self._next:
            self._plain = memoryview(self._open_next())
        count = min(len(buffer), len(self._plain))
        buffer[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def finish(self) -> None:
        """Read to the end, which shows whether anything is missing."""
        while self.read(CHUNK):
            pass

    def _open_next(self) -> bytes:
        from cryptography.exceptions import InvalidTag

        sealed, self._next = self._next, self._file.read(CHUNK + TAG)
        try:
            plain = self._cipher.decrypt(_nonce(self._number, last=not self._next), sealed, None)
        except InvalidTag:
            raise NotOpened from None
        self._number += 1
        return plain


def _header(file: BinaryIO) -> bytes:
    if file.read(len(MAGIC)) != MAGIC:
        raise NotOpened
    return file.read(int.from_bytes(file.read(_LENGTH)))


def _read(content: bytes) -> Header:
    try:
        header = json.loads(content)
        return Header(
            format=int(header["format"]),
            version=str(header["version"]),
            schema=int(header["schema"]),
            made=str(header["made"]),
            key=str(header["key"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotOpened from None


def _cipher(key: bytes, salt: bytes, header: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return AESGCM(HKDF(SHA256(), 32, salt, _INFO + header).derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])
