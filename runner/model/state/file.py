"""The file that local runs use, beside the newest version: which of them is newer."""

from enum import StrEnum

from runner.model.values.frozen import dataclass


class Move(StrEnum):
    NOTHING = "nothing"
    TAKE_IN = "take_in"  # the file is newer, and becomes a version
    LAY_OUT = "lay_out"  # the version is newer, and replaces the file
    FORKED = "forked"  # both changed since they were equal: only a person knows which one is right


@dataclass(frozen=True)
class Copies:
    """Digests; None for what there is none of. `equal` is that of both when they were last the same."""

    file: str | None
    newest: str | None
    equal: str | None
    whole: bool = True  # whether the file is a complete state


def move(of: Copies) -> Move:
    """A file that is cut off is never a version: it stays for `run resolve` and the copies, or is replaced."""
    if of.newest is None:
        return Move.TAKE_IN if of.file is not None and of.whole else Move.NOTHING
    if of.file == of.newest:
        return Move.NOTHING
    if of.file is None or of.file == of.equal:
        return Move.LAY_OUT
    if of.newest == of.equal:
        return Move.TAKE_IN if of.whole else Move.NOTHING
    return Move.FORKED if of.whole else Move.LAY_OUT
