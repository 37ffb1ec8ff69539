"""The tree of a revision and its contents, read from the mirror's objects."""

from collections.abc import Iterable, Iterator
from typing import IO

from runner.model.stack.source import TreeEntry

CHUNK = 1 << 20
Contents = Iterator[tuple[str, int, Iterator[bytes]]]


class Truncated(Exception):
    """git ended in the middle of an answer"""


def read_tree(listing: bytes) -> list[TreeEntry]:
    """The records of `ls-tree -r -t -z`. A name that is not UTF-8 keeps its bytes as surrogates."""
    entries = []
    for record in listing.decode(errors="surrogateescape").split("\0"):
        if record:
            facts, _, path = record.partition("\t")
            mode, kind, oid = facts.split(" ")
            entries.append(TreeEntry(path, mode, kind, oid))
    return entries


def questions(oids: Iterable[str]) -> bytes:
    return "".join(f"{oid}\n" for oid in oids).encode()


def answers(oids: Iterable[str], output: IO[bytes]) -> Contents:
    """Object id, size and content of each object, in the requested order. Unread content is skipped."""
    for oid in oids:
        header = output.readline().split()
        if len(header) != 3:
            raise Truncated(b" ".join(header).decode(errors="replace"))
        size = int(header[2])
        chunks = _chunks(output, size)
        yield oid, size, chunks
        for _ in chunks:
            pass
        output.read(1)


def _chunks(output: IO[bytes], size: int) -> Iterator[bytes]:
    while size:
        chunk = output.read(min(size, CHUNK))
        if not chunk:
            raise Truncated
        size -= len(chunk)
        yield chunk
