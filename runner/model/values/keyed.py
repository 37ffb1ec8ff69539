"""Keyed digests of several parts, of which none can be taken for another one's end."""

import hashlib


def keyed_digest(key: bytes, *parts: bytes, size: int) -> bytes:
    """`size` bytes that only the holder of the key can compute."""
    made = hashlib.blake2b(key=key, digest_size=size)
    for part in parts:
        made.update(len(part).to_bytes(8) + part)
    return made.digest()
