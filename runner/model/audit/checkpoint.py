"""Checkpoints: where the audit log stood at some moment, kept outside the database and sealed with a key.

The chain of hashes shows an edit of the log, but neither a cut-off end nor a log that was computed anew. A checkpoint
that was written before shows both. Each seal covers the one before it, so that no line can be taken out of the middle.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from runner.model.audit.log import GENESIS

_FIELDS = frozenset({"seq", "head", "at", "kept", "replaced", "seal"})


@dataclass(frozen=True)
class Checkpoint:
    """Number and hash of the newest audit entry.

    `kept` is set where an older database was put in place: entries after it are not those that were seen before.
    `replaced` says that the log did not simply end earlier, but had other entries in their place.
    """

    seq: int
    head: str
    at: datetime
    kept: int | None = None
    replaced: bool = False

    @property
    def anchor(self) -> str:
        """As `driftline audit verify --anchor` takes it."""
        return f"{self.seq}:{self.head}"


@dataclass(frozen=True)
class Chain:
    """A file of checkpoints as it was read: the sound ones in their order, and the first line that is not."""

    checkpoints: tuple[Checkpoint, ...] = ()
    bad_line: int | None = None
    seal: str = GENESIS  # what the next line goes on from
    finished: bool = True  # whether the last line ends as a line

    @property
    def blank(self) -> bool:
        """Whether nothing was ever in it, or it was emptied: nothing in it is bad either."""
        return not self.checkpoints and self.bad_line is None

    @property
    def newest(self) -> Checkpoint | None:
        return self.checkpoints[-1] if self.checkpoints else None

    @property
    def standing(self) -> tuple[Checkpoint, ...]:
        """Those whose entry the log must still have; a restored database has lost the others."""
        kept: list[Checkpoint] = []
        least: int | None = None
        for checkpoint in reversed(self.checkpoints):
            if least is None or checkpoint.seq <= least:
                kept.append(checkpoint)
            if checkpoint.kept is not None:
                least = checkpoint.kept if least is None else min(least, checkpoint.kept)
        return tuple(reversed(kept))

    @property
    def restores(self) -> tuple[Checkpoint, ...]:
        return tuple(checkpoint for checkpoint in self.checkpoints if checkpoint.kept is not None)


def sealed(checkpoint: Checkpoint, previous: str, key: bytes) -> bytes:
    """The checkpoint as a line, without its end."""
    return _line(checkpoint, _seal(checkpoint, previous, key))


def read(content: bytes, key: bytes, *, from_start: bool = True) -> Chain:
    """The chain of a file, or of its end: then the first line is only what the second goes on from.

    A disk that was full leaves a line cut short. It counts as bad only where what follows does not go on over it, as
    only a holder of the key can.
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
    """What the audit log says about a file that is not there any more."""
    return {"place": place, "entries": entries}


def missing_sentence(told: Mapping[str, Any]) -> str:
    """The same for people."""
    return (
        f"the checkpoints file {told['place']} was gone, though something had been applied here: nobody can tell whether"
        f" the audit log went on after entry {told['entries']}"
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
    """None where it is no line that was written here: each has one form only, to the byte."""
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
