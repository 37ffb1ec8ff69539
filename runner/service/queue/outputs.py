"""The outputs of other stacks that a stack uses, as they are known now."""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from runner.model.outputs.known import ABSENT, UNREAD, KnownOutputs
from runner.model.outputs.remote import read_through
from runner.model.outputs.taken import Mark, Taken, absent, marks, unread
from runner.model.stack.definition import Stack, StackDefinition
from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.ports.records.outputs import OutputReader


@dataclass(frozen=True)
class Outputs:
    """Everything known, for many stacks: by the name of the stack, and stacks by the digest of their state's identity."""

    known: Mapping[str, KnownOutputs] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    uses: Mapping[str, tuple[Taken, ...]] = field(
        default_factory=dict
    )  # by stack, if it was asked for all of them

    def used(self, stack: Stack, definition: StackDefinition | None = None) -> tuple[Taken, ...]:
        """What the stack uses, by its definition in Git or by this one."""
        taken = (definition or stack.definition).takes
        if not stack.remote_reads:
            return taken
        read = read_through(stack.remote_reads, self.owners, self.known)
        return (*taken, *(one for one in read if one.stack != stack.name))

    def marks(self, stack: Stack, definition: StackDefinition | None = None) -> tuple[Mark, ...]:
        used = self.used(stack, definition)
        return marks(used, self.known) if used else ()

    def seen_by(self, stack: Stack, *, idle: bool) -> Stack:
        """The stack with the outputs that it uses. An idle one that is applied with them needs no copy."""
        used = self.uses.get(stack.name)
        found = marks(used, self.known) if used else ()
        return stack if idle and found == stack.applied_outputs else replace(stack, outputs=found)

    def missing(self, stack: Stack) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Of what sets its variables: the stacks that nobody has read, and sentences about outputs that do not exist."""
        needed = [
            mark
            for mark in marks((one for one in self.uses.get(stack.name, ()) if one.variable), self.known)
            if mark.digest in {UNREAD, ABSENT}
        ]
        return unread(needed), absent(needed, self.known)

    def used_by(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """By stack: the stacks that use its outputs, and which."""
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for name, used in self.uses.items():
            for one in used:
                using = found.setdefault(one.stack, {})
                using[name] = (*using.get(name, ()), one.output)
        return found


def all_outputs(reader: "OutputReader", stacks: Iterable[Stack]) -> Outputs:
    """For all of these stacks, by one query."""
    present = [stack for stack in stacks if stack.missing_since is None]
    using = [stack for stack in present if stack.remote_reads or stack.definition.takes]
    if not using:
        return Outputs()
    owners = {}
    if any(stack.remote_reads for stack in using):
        owners = {stack.identity.digest: stack.name for stack in present}
    found = Outputs(reader.known_outputs(), owners)
    return replace(found, uses={stack.name: found.used(stack) for stack in using})


def outputs_of(reader: "OutputReader", stack: Stack, definition: StackDefinition | None = None) -> Outputs:
    """For one stack, by its definition in Git or by this one."""
    owners = reader.owners([read.state for read in stack.remote_reads]) if stack.remote_reads else {}
    needed = {one.stack for one in (definition or stack.definition).takes} | set(owners.values())
    return Outputs(reader.known_outputs(needed), owners) if needed else Outputs()
