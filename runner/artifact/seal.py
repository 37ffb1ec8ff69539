"""Encryption of artifacts at rest: AES-256-GCM, each blob bound to its place.

A sealed blob is `DLA1`, 8 bytes that name the key, a random nonce of 12, then the ciphertext with its tag of
16. The place is associated data, so that a blob moved to another run or digest cannot be opened there.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from runner.model.values.frozen import dataclass

MAGIC = b"DLA1"
ID_LENGTH = 8
NONCE_LENGTH = 12
_HEADER = len(MAGIC) + ID_LENGTH
_OVERHEAD = _HEADER + NONCE_LENGTH + 16


class NotOpened(Exception):
    """The bytes are not a complete sealed blob of this place"""


class OtherKey(Exception):
    """None of the keys is the one that sealed it"""

    def __init__(self, wanted: str, known: Iterable[str]) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.known = tuple(known)


@dataclass(frozen=True)
class Seal:
    """`current` returns the sealing key, creating it if missing; `openers` are all keys that open, and create none."""

    current: Callable[[], bytes]
    openers: Callable[[], Iterable[bytes]]

    def close(self, content: bytes, place: str) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._sealing
        header, nonce = MAGIC + _id(key), secrets.token_bytes(NONCE_LENGTH)
        return header + nonce + AESGCM(key).encrypt(nonce, content, _bound(header, place))

    def open(self, sealed: bytes, place: str) -> bytes:
        """The content; NotOpened if the blob is damaged or from another place, OtherKey if the key is missing."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if len(sealed) < _OVERHEAD or not sealed.startswith(MAGIC):
            raise NotOpened
        header, nonce = sealed[:_HEADER], sealed[_HEADER : _HEADER + NONCE_LENGTH]
        keys = self._opening
        key = keys.get(header[len(MAGIC) :])
        if key is None:
            raise OtherKey(header[len(MAGIC) :].hex(), sorted(known.hex() for known in keys))
        try:
            return AESGCM(key).decrypt(nonce, sealed[_HEADER + NONCE_LENGTH :], _bound(header, place))
        except InvalidTag:
            raise NotOpened from None

    @cached_property
    def _sealing(self) -> bytes:
        return self.current()

    @property
    def _opening(self) -> Mapping[bytes, bytes]:
        return {_id(key): key for key in self.openers()}


def key_id(key: bytes) -> str:
    """The public name of a key, by which a blob says which key opens it."""
    return _id(key).hex()


def _id(key: bytes) -> bytes:
    return hashlib.sha256(b"driftline artifact key\0" + key).digest()[:ID_LENGTH]


def _bound(header: bytes, place: str) -> bytes:
    return header + b"\0" + place.encode()
