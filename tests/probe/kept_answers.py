"""What hashicorp/aws 5.100 answered for over a hundred types on moto: a file beside the stack that asked for it.

`DRIFTLINE_KEEP_ANSWERS=1` and a thorough run of `test_replayed_aws_types.py` write it again.
"""

import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import msgpack
from aws_types import TYPES

from runner.probe.canonical import meaning
from runner.probe.recording import Asked

KEEP = bool(os.environ.get("DRIFTLINE_KEEP_ANSWERS"))
FILE = TYPES.folder / "answers.bin"
KEY = b"k" * 32
_NAME = 1 << 3 | 2  # the tag of the first field of a request, a type's name


@dataclass(frozen=True)
class Kept:
    """A call for one type, and its answer."""

    method: str
    type: str  # such as `resource aws_vpc`
    answer: bytes

    @property
    def asked(self) -> Asked:
        """As it is recorded, of the request no more than the type."""
        name = self.type.partition(" ")[2].encode()
        return Asked(self.method, bytes([_NAME, len(name)]) + name, meaning(KEY, self.method, self.answer))


def keep(answers: Iterable[tuple[Asked, bytes]]) -> None:
    rows = sorted([one.method, one.type, answer] for one, answer in answers)
    FILE.write_bytes(zlib.compress(msgpack.packb(rows), 9))


@cache
def kept() -> tuple[Kept, ...]:
    return tuple(Kept(*row) for row in msgpack.unpackb(zlib.decompress(FILE.read_bytes())))
