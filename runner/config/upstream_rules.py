"""What must hold where a stack takes outputs of other stacks as values of its variables."""

import re
from collections.abc import Iterator

from runner.config.check import Complaint
from runner.config.place import KeyPath
from runner.model.stack.definition import VARIABLE, StackDefinition

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def upstream_places(stack: StackDefinition) -> Iterator[KeyPath]:
    """Where each dependency's name is written."""
    for index, one in enumerate(stack.depends_on):
        yield ("depends_on", index) if isinstance(one, str) else ("depends_on", index, "stack")


def upstream_complaints(stack: StackDefinition) -> Iterator[Complaint]:
    taken: dict[str, str] = {}  # by variable: who sets it
    taken |= {name.removeprefix(VARIABLE): f"env.{name}" for name in stack.env if name.startswith(VARIABLE)}
    taken |= {name: f"vars.{name}" for name in stack.vars}
    for index, one in enumerate(stack.depends_on):
        if isinstance(one, str):
            continue
        here: KeyPath = ("depends_on", index, "outputs")
        for output in one.outputs:
            variable, place = one.variable(output), (*here, output)
            if _IDENTIFIER.fullmatch(output) is None:
                yield Complaint(place, "this is not the name of an output", got=False, at_key=True)
            if _IDENTIFIER.fullmatch(variable) is None:
                yield Complaint(place, "expected the name of a variable of this stack, such as TF_VAR_vpc_id")
            elif variable in taken:
                yield Complaint(place, f"{taken[variable]} sets the variable {variable} too", got=False)
            taken.setdefault(variable, f"output {output} of {one.stack}")
