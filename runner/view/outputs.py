"""The outputs that a stack takes from others, and which of its own others take."""

from collections.abc import Iterable, Mapping

from runner.model.outputs.known import ABSENT, UNREAD, KnownOutputs
from runner.model.outputs.taken import Mark, Taken
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class TakenRow:
    """`variable` is None if only the code reads it, through `reference`. `state` is known, changed, unread or missing."""

    stack: str
    output: str
    variable: str | None
    reference: str | None
    sensitive: bool
    state: str

    @property
    def sentence(self) -> str:
        """Such as `vpc_id of network as var.vpc_id (changed since the apply)`."""
        how = f"as var.{self.variable}" if self.variable else f"through {self.reference}"
        secret = ", sensitive" if self.sensitive else ""
        return f"{self.output} of {self.stack} {how}{secret}{_STATES[self.state]}"


_STATES = {
    "known": "",
    "changed": " (changed since the apply)",
    "unread": " (not read yet)",
    "missing": " (there is no such output)",
}


@dataclass(frozen=True)
class UsedRow:
    """A stack that uses outputs of this one."""

    stack: str
    outputs: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"{', '.join(self.outputs)} to {self.stack}"


def taken_rows(
    used: Iterable[Taken], known: Mapping[str, KnownOutputs], changed: Iterable[Mark]
) -> tuple[TakenRow, ...]:
    moved = {(mark.stack, mark.output) for mark in changed}
    return tuple(
        TakenRow(
            stack=one.stack,
            output=one.output,
            variable=one.variable or None,
            reference=one.reference or None,
            sensitive=one.stack in known and one.output in known[one.stack].sensitive,
            state=_state(one, known.get(one.stack), moved),
        )
        for one in used
    )


def _state(one: Taken, of: KnownOutputs | None, moved: set[tuple[str, str]]) -> str:
    digest = of.digest(one.output) if of is not None else UNREAD
    if digest in {UNREAD, ABSENT}:
        return "unread" if digest == UNREAD else "missing"
    return "changed" if (one.stack, one.output) in moved else "known"


def used_rows(used_by: Mapping[str, tuple[str, ...]]) -> tuple[UsedRow, ...]:
    return tuple(UsedRow(name, outputs) for name, outputs in used_by.items())
