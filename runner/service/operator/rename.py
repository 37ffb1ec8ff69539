"""The operator's statement that a stack has a new name; the next poll acts upon it."""

from dataclasses import replace

from runner.errors import BadUsage, Conflict
from runner.model.approval.approval import Person
from runner.model.stack.definition import Stack
from runner.ports.control import ControlPorts


def say_renamed(control: ControlPorts, old: str, new: str, person: Person) -> Stack:
    """The operator's statement, which the next poll that finds the new stack acts upon; returns the old stack."""
    if old == new:
        raise BadUsage("the two names are the same")
    with control.store.writing() as writer:
        stack = writer.stack(old)
        if stack.renamed_to is not None:
            raise Conflict(
                f'stack "{old}" was already renamed to "{stack.renamed_to}"',
                hint=f"driftline stack show {stack.renamed_to}",
            )
        there = next((one for one in writer.stacks(left=True) if one.name == new), None)
        if there is not None and there.pinned_identity is not None:
            raise Conflict(
                f'stack "{new}" has its own state and cannot take over that of "{old}"',
                hint=f"driftline stack show {new}",
            )
        writer.say_succession(old, new, by=person.name)
        for status in writer.sources():
            writer.save_source(replace(status, discovered_with=None))
    return stack
