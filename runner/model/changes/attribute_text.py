"""A changed attribute as text: one line, or row by row for a multi-line value.

Every line has gone through `safe_text`; colour is up to the caller, who knows the terminal.
"""

from collections.abc import Iterator, Sequence

from runner.model.changes.changes import SYMBOLS, UNKNOWN, Action, AttributeChange
from runner.model.changes.line_changes import Marked, fitted, line_changes
from runner.model.changes.value_text import shortened, value_text
from runner.model.values.frozen import dataclass
from runner.model.values.text import safe_text

_WIDEST_PATH = 40
_OLD_ROWS = 8  # of a value of which only the apply knows what it becomes


@dataclass(frozen=True)
class Line:
    """One line. `action` determines its colour, `loud` marks a heading or a warning."""

    text: str
    action: Action | None = None
    loud: bool = False


def attribute_lines(attributes: Sequence[AttributeChange], *, full: bool = False) -> Iterator[Line]:
    """The changes inside one resource, each path with its values."""
    width = min(_WIDEST_PATH, max((len(safe_text(a.path)) for a in attributes), default=0))
    for attribute in attributes:
        yield from attribute_line(attribute, width, full=full)


def attribute_line(attribute: AttributeChange, width: int, *, full: bool) -> Iterator[Line]:
    action = attribute_action(attribute)
    note = "  # forces replacement" if attribute.forces_replacement else ""
    start = f"      {SYMBOLS[action]} {safe_text(attribute.path):<{width}} ="
    rows = attribute_rows(attribute, full=full)
    if rows is None:
        yield Line(f"{start} {_values(attribute, action, full=full)}{note}", action)
        return
    yield Line(start + note, action)
    for symbol, text in rows:
        yield Line(f"          {symbol} {text}", _BY_SYMBOL.get(symbol))


def attribute_rows(attribute: AttributeChange, *, full: bool = False) -> list[Marked] | None:
    """The rows of a text or document that differ; None if the values fit on one line."""
    if attribute.sensitive or attribute.mark_only:
        return None
    if attribute.unknown:
        return _rows_before_unknown(attribute, full=full)
    if attribute.difference:
        return fitted(attribute.difference, full=full)
    return line_changes(attribute.before, attribute.after, full=full)


def _rows_before_unknown(attribute: AttributeChange, *, full: bool) -> list[Marked] | None:
    """Marked as changing: rows with a minus would read as if the value were removed."""
    old = line_changes(attribute.before, None, limit=_OLD_ROWS, full=full)
    if old is None:
        return None
    symbol = SYMBOLS[Action.UPDATE]
    return [*((symbol, text) for _, text in old), (symbol, f"-> {UNKNOWN}")]


_BY_SYMBOL = {"+": Action.CREATE, "-": Action.DELETE, "~": Action.UPDATE}


def attribute_action(attribute: AttributeChange) -> Action:
    if attribute.before is None and not attribute.mark_only:
        return Action.CREATE
    return Action.DELETE if attribute.after is None else Action.UPDATE


def attribute_values(attribute: AttributeChange, *, full: bool = False) -> tuple[str, str]:
    """Before and after, on one line each."""
    before = value_text(attribute.before, named=attribute.sensitive and attribute.before is not None)
    named = attribute.unknown or (attribute.sensitive and attribute.after is not None)
    after = value_text(attribute.after, named=named)
    return (before, after) if attribute.mark_only else shortened(before, after, full=full)


def _values(attribute: AttributeChange, action: Action, *, full: bool) -> str:
    before, after = attribute_values(attribute, full=full)
    if attribute.mark_only:
        return f"{before}  # same value; only its sensitivity changes"
    if action is Action.CREATE:
        return after
    return before if action is Action.DELETE else f"{before} -> {after}"
