"""Checkpoints: where the audit log stood at some moment, kept outside the database and sealed with a key.

The chain of hashes reveals an edit of the log, but neither truncation nor a log that was recomputed. An
earlier checkpoint reveals both. Each seal covers the previous one, so no line can be removed from the middle.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from runner.model.audit.log import GENESIS
from runner.model.values.frozen import dataclass

_FIELDS = frozenset({"seq", "head", "at", "kept", "replaced", "seal"})


@dataclass(frozen=True)
class Checkpoint:
    """Number and hash of the newest audit entry.

    `kept` is set after an older database was restored: entries after it are not the ones seen before.
    `replaced` says that the log was not just shorter, but had other entries in their place.
    """

    seq: int
    head: str
    at: datetime
    kept: int | None = None
    replaced: bool = False

    @property
    def anchor(self) -> str:
        """In the form that `driftline audit verify --anchor` takes."""
        return f"{self.seq}:{self.head}"


@dataclass(frozen=True)
class Chain:
    """A file of checkpoints as read: the sound ones in order, and the first bad line."""

    checkpoints: tuple[Checkpoint, ...] = ()
    bad_line: int | None = None
    seal: str = GENESIS  # what the next line continues from
    finished: bool = True  # whether the last line ends with a newline

    @property
    def blank(self) -> bool:
        """Whether the file was never written, or was emptied; then it has no bad line either."""
        return not self.checkpoints and self.bad_line is None

    @property
    def newest(self) -> Checkpoint | None:
        return self.checkpoints[-1] if self.checkpoints else None

    @property
    def standing(self) -> tuple[Checkpoint, ...]:
        """The checkpoints whose entry must still be in the log; a restored database has lost the others."""
        kept: list[Checkpoint] = []
        lowest: int | None = None
        for checkpoint in reversed(self.checkpoints):
            if lowest is None or checkpoint.seq <= lowest:
                kept.append(checkpoint)
            if checkpoint.kept is not None:
                lowest = checkpoint.kept if lowest is None else min(lowest, checkpoint.kept)
        return tuple(reversed(kept))

    @property
    def restores(self) -> tuple[Checkpoint, ...]:
        return tuple(checkpoint for checkpoint in self.checkpoints if checkpoint.kept is not None)


def sealed(checkpoint: Checkpoint, previous: str, key: bytes) -> bytes:
    """The checkpoint as a line, without the newline."""
    return _line(checkpoint, _seal(checkpoint, previous, key))


def read(content: bytes, key: bytes, *, from_start: bool = True) -> Chain:
    """The chain of a file, or of its tail, where the first line only serves as what the second continues from.

    A full disk leaves a truncated line. It counts as bad only if the next line does not continue past it, as
    only a holder of the key can make it.
    """
    lines = content.split(b"\n")
    rest = lines.pop()
    seal = GENESIS if from_start else None
    found: list[Checkpoint] = []
    bad = cut = None
    for number, line, ended in _numbered(lines, rest):
        parsed = _parsed(line)
        if parsed is None:
            cut = cut or (number if ended else None)
            continue
        checkpoint, own = parsed
        if seal is not None and hmac.compare_digest(own, _seal(checkpoint, seal, key)):
            found.append(checkpoint)
        elif seal is not None:
            bad = bad or cut or number
        seal, cut = own, None
    return Chain(tuple(found), bad or cut, seal or GENESIS, finished=not rest)


def missing(place: str, entries: int) -> dict[str, Any]:
    """The audit entry about a missing checkpoints file."""
    return {"place": place, "entries": entries}


def missing_sentence(detail: Mapping[str, Any]) -> str:
    """The same as a sentence."""
    return (
        f"the checkpoints file {detail['place']} was missing although runs had been applied: entries of the audit log"
        f" after entry {detail['entries']} may have been cut off"
    )


def _numbered(lines: list[bytes], rest: bytes) -> Iterator[tuple[int, bytes, bool]]:
    for number, line in enumerate(lines, 1):
        yield number, line, True
    if rest:
        yield len(lines) + 1, rest, False


def _line(checkpoint: Checkpoint, seal: str) -> bytes:
    document = {
        "seq": checkpoint.seq,
        "head": checkpoint.head,
        "at": _text(checkpoint.at),
        "kept": checkpoint.kept,
        "replaced": checkpoint.replaced,
        "seal": seal,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _seal(checkpoint: Checkpoint, previous: str, key: bytes) -> str:
    body = _line(checkpoint, "")
    return hmac.new(
        key, b"driftline-checkpoint-v1|" + previous.encode() + b"|" + body, hashlib.sha256
    ).hexdigest()


def _parsed(line: bytes) -> tuple[Checkpoint, str] | None:
    """None if the line was not written here: each line has exactly one form, to the byte."""
    try:
        document = json.loads(line)
        checkpoint = Checkpoint(
            seq=document["seq"],
            head=document["head"],
            at=datetime.fromisoformat(document["at"]),
            kept=document["kept"],
            replaced=document["replaced"],
        )
        seal: str = document["seal"]
        same = document.keys() == _FIELDS and _line(checkpoint, seal) == line and seal.isascii()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return (checkpoint, seal) if same else None


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
