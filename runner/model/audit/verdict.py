"""Whether the audit log is the one that was written: its own chain, and what was recorded of it elsewhere. Pure."""

from collections.abc import Iterator
from enum import StrEnum

from runner.model.audit.checkpoint import Chain, Checkpoint, missing_sentence
from runner.model.audit.log import GENESIS, AuditEntry, Walk
from runner.model.audit.restored import sentence
from runner.model.values.frozen import dataclass


class Fault(StrEnum):
    EDITED = "edited"  # an entry does not follow from the one before it
    CUT = "cut"  # the log ends before a known entry
    REPLACED = "replaced"  # an entry differs from the known one
    CHECKPOINTS = "checkpoints"  # a line of the checkpoints file was altered
    MISSING = "missing"  # there are no checkpoints, though there must have been


@dataclass(frozen=True)
class Flaw:
    fault: Fault
    sentence: str
    seq: int | None = None  # the first bad entry, or the first that may be bad
    line: int | None = None  # of the checkpoints file


@dataclass(frozen=True)
class Beside:
    """Other evidence of a truncated log: runs with a receipt and no entry, and what starts recorded."""

    strangers: tuple[str, ...] = ()
    restored: AuditEntry | None = None
    missing: AuditEntry | None = None


@dataclass(frozen=True)
class Verdict:
    """All flaws, the most telling first, and notes that are no flaws."""

    flaws: tuple[Flaw, ...]
    notes: tuple[str, ...]


def wanted(chain: Chain | None, anchor: tuple[int, str] | None) -> frozenset[int]:
    """The entries that the verdict compares."""
    points = chain.standing if chain else ()
    return frozenset([point.seq for point in points] + ([anchor[0]] if anchor else []))


def judge(
    walk: Walk,
    chain: Chain | None,
    anchor: tuple[int, str] | None,
    *,
    place: str,
    was_used: bool,
    beside: Beside | None = None,
) -> Verdict:
    """`was_used`: something was applied here, so checkpoints must have been written."""
    flaws = [*_own(walk), *_seen(walk, chain, place), *_beside(beside or Beside())]
    flaws += [*_anchored(walk, anchor), *_file(chain, place)]
    if (chain is None or chain.blank) and was_used:
        gone = f"the checkpoints file {place} is missing although runs were applied: a truncated log would go unnoticed"
        flaws.append(Flaw(Fault.MISSING, gone))
    return Verdict(tuple(flaws), tuple(_notes(walk, chain, place, was_used=was_used)))


def _beside(beside: Beside) -> Iterator[Flaw]:
    if beside.strangers:
        message = (
            f"there are receipts of {', '.join(beside.strangers)}, but the audit log has no record of it: the log was"
            " truncated, or the database was replaced by an older one"
        )
        yield Flaw(Fault.CUT, message)
    restored, gone = beside.restored, beside.missing
    if restored is not None and restored.detail["from"] is None:
        message = (
            f"entry {restored.seq}: {sentence(restored.detail)}; the checkpoints did not record it either"
        )
        yield Flaw(Fault.CUT, message, seq=restored.seq)
    if gone is not None:
        yield Flaw(Fault.MISSING, f"entry {gone.seq}: {missing_sentence(gone.detail)}", seq=gone.seq)


def _own(walk: Walk) -> Iterator[Flaw]:
    if walk.broken is not None:
        message = f"the audit log was edited or truncated: entry {walk.broken} was altered"
        yield Flaw(Fault.EDITED, message, seq=walk.broken)


def _seen(walk: Walk, chain: Chain | None, place: str) -> Iterator[Flaw]:
    """The first checkpoint that does not match; beyond a broken entry, nothing can be verified."""
    if chain is None or walk.broken is not None:
        return
    sound = 0
    for point in chain.standing:
        if walk.hashes.get(point.seq) != point.head:
            yield _misfit(walk, point, sound, place)
            return
        sound = point.seq


def _misfit(walk: Walk, point: Checkpoint, sound: int, place: str) -> Flaw:
    if point.seq > walk.entries:
        message = (
            f"the audit log ends with entry {walk.entries}, but {place} recorded entry {point.seq} at {_when(point)}:"
            " the log was truncated, or the database was replaced by an older one"
        )
        return Flaw(Fault.CUT, message, seq=walk.entries + 1)
    message = f"the audit log was rewritten: at least one of entries {sound + 1} to {point.seq} differs from {place}"
    return Flaw(Fault.REPLACED, message, seq=sound + 1)


def _anchored(walk: Walk, anchor: tuple[int, str] | None) -> Iterator[Flaw]:
    if anchor is None or anchor == (0, GENESIS) or walk.broken is not None:
        return
    seq, digest = anchor
    if seq > walk.entries:
        message = f"the audit log was edited or truncated: it ends with entry {walk.entries} and lacks entry {seq} of the anchor"
        yield Flaw(Fault.CUT, message, seq=walk.entries + 1)
    elif walk.hashes.get(seq) != digest:
        message = f"the audit log was edited or rewritten: entry {seq} does not match the anchor"
        yield Flaw(Fault.REPLACED, message, seq=seq)


def _file(chain: Chain | None, place: str) -> Iterator[Flaw]:
    if chain is None:
        return
    if chain.bad_line is not None:
        alone = "" if chain.checkpoints else "; no line matches the key, which may be the wrong one"
        message = f"line {chain.bad_line} of {place} was altered, or a line before it was removed{alone}"
        yield Flaw(Fault.CHECKPOINTS, message, line=chain.bad_line)
    for point in chain.restores:
        if point.replaced:
            message = f"at {_when(point)} the entries of the audit log after entry {point.kept} differed from those that {place} had recorded"
            yield Flaw(Fault.REPLACED, message, seq=(point.kept or 0) + 1)


def _notes(walk: Walk, chain: Chain | None, place: str, *, was_used: bool) -> Iterator[str]:
    if chain is None and not was_used:
        yield f"there is no checkpoints file {place} yet, so a truncated log would go unnoticed"
    for point in chain.restores if chain else ():
        if not point.replaced:
            yield f"by {_when(point)} the database had been replaced by an older one: everything after entry {point.kept} was lost"
    newest = chain.newest if chain else None
    if newest is not None and newest.seq < walk.entries:
        yield f"the newest checkpoint covers entry {newest.seq}; only the chain itself protects the last {walk.entries - newest.seq}"


def _when(point: Checkpoint) -> str:
    return f"{point.at:%Y-%m-%d %H:%M:%S} UTC"
