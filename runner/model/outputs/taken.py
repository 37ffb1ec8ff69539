"""Which outputs of other stacks one stack uses, and whether they are still those that it was applied with."""

from collections.abc import Iterable, Mapping, Sequence

from runner.model.outputs.known import ABSENT, UNREAD, KnownOutputs
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Taken:
    """One output that a stack uses: as the value of a variable, or in its code through terraform_remote_state."""

    stack: str
    output: str
    variable: str = ""  # empty if only the code reads it
    reference: str = ""  # such as data.terraform_remote_state.net

    def __str__(self) -> str:
        return f"output {self.output} of {self.stack}"

    @property
    def place(self) -> str:
        """How the code refers to it."""
        return f"var.{self.variable}" if self.variable else f"{self.reference}.outputs.{self.output}"


@dataclass(frozen=True)
class Mark:
    """Which value of an output it was, by a keyed digest."""

    stack: str
    output: str
    digest: str

    def __str__(self) -> str:
        return f"output {self.output} of {self.stack}"


@dataclass(frozen=True)
class Given:
    """The value of an output for one run: in the artifact of the run that read it, with this digest."""

    stack: str
    output: str
    variable: str
    run: int
    digest: str


def marks(taken: Iterable[Taken], known: Mapping[str, KnownOutputs]) -> tuple[Mark, ...]:
    """The values that these outputs have now."""
    names = sorted({(one.stack, one.output) for one in taken})
    return tuple(
        Mark(stack, output, known[stack].digest(output) if stack in known else UNREAD)
        for stack, output in names
    )


def given(taken: Iterable[Taken], known: Mapping[str, KnownOutputs]) -> tuple[Given, ...]:
    """Those that set variables; without a run where the value is not known."""
    return tuple(
        Given(one.stack, one.output, one.variable, of.run, of.digest(one.output))
        if (of := known.get(one.stack)) is not None
        else Given(one.stack, one.output, one.variable, 0, UNREAD)
        for one in taken
        if one.variable
    )


def moved(before: Iterable[Mark], now: Iterable[Mark]) -> tuple[Mark, ...]:
    """The outputs with another value than before. What was not known, then or now, counts as unmoved."""
    known = {(mark.stack, mark.output): mark.digest for mark in before}
    return tuple(
        mark
        for mark in now
        if mark.digest != UNREAD and known.get((mark.stack, mark.output), UNREAD) not in {UNREAD, mark.digest}
    )


def completed(before: Sequence[Mark], now: Iterable[Mark]) -> tuple[Mark, ...]:
    """What it was applied with, and for what was not known then, what is known now."""
    known = {(mark.stack, mark.output): mark for mark in now}
    known |= {(mark.stack, mark.output): mark for mark in before if mark.digest != UNREAD}
    return tuple(known[name] for name in sorted(known))


def unread(needed: Iterable[Mark]) -> tuple[str, ...]:
    """The stacks whose outputs nobody has read yet."""
    return tuple(dict.fromkeys(mark.stack for mark in needed if mark.digest == UNREAD))


def absent(needed: Iterable[Mark], known: Mapping[str, KnownOutputs]) -> tuple[str, ...]:
    """A sentence for each output that its stack does not have."""
    return tuple(
        f'{mark.stack} has no output "{mark.output}"{_nearest(mark.output, known.get(mark.stack))}'
        for mark in needed
        if mark.digest == ABSENT
    )


def _nearest(name: str, of: KnownOutputs | None) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, of.digests, 1) if of is not None else []
    return f' (did you mean "{near[0]}"?)' if near else ""


def changed_sentence(found: Sequence[Mark]) -> str:
    """Such as `output vpc_id of network changed`."""
    return f"{', '.join(map(str, found))} changed"
