"""A plan as lines of a diff that a forge colours: made from the same lines as on a terminal."""

from collections.abc import Iterator

from runner.model.changes.attribute_text import Line
from runner.model.changes.changes import SYMBOLS, Action, ChangeSet
from runner.model.plan.text import lines

# The first character decides the colour: green, red, orange.
_MARKS: dict[Action, str] = {
    Action.CREATE: "+",
    Action.DELETE: "-",
    Action.REPLACE: "-",
    Action.UPDATE: "!",
    Action.FORGET: "!",
}
_NO_COLOUR = " "


def plan_lines(changes: ChangeSet) -> Iterator[str]:
    return map(diff_line, lines(changes))


def diff_line(line: Line) -> str:
    """Its sign moves to the first column; every other line gets a space there, whatever it begins with."""
    if line.action not in _MARKS:
        return f"{_NO_COLOUR}{line.text}".rstrip()
    mark, sign = _MARKS[line.action], SYMBOLS[line.action]
    rest = line.text.lstrip(" ")
    indent = " " * max(0, len(line.text) - len(rest) - 2)
    if line.action is Action.REPLACE and rest.startswith(f"{sign} "):
        return rest
    if line.action is not Action.FORGET and rest.startswith(f"{sign} "):
        rest = rest.removeprefix(f"{sign} ")
    return f"{mark} {indent}{rest}"
