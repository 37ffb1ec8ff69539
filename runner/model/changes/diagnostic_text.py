"""A diagnostic in words, as terraform prints it."""

from collections.abc import Iterator

from runner.model.changes.changes import Diagnostic
from runner.model.changes.snippet import code_rows


def diagnostic_rows(of: Diagnostic, *, short: bool = False) -> Iterator[str]:
    """Summary, place, code with what is marked in it, values, detail. `short` leaves out all of the code but its first line."""
    first, *more = of.summary.splitlines() or [""]
    yield f"{of.severity.capitalize()}: {first}"
    yield from (f"  {line}" for line in more)
    yield from _place(of)
    if of.snippet is not None:
        rows = code_rows(of.snippet)
        yield from (f"  {row}" for row in (rows[:1] if short else rows))
        yield from () if short else (f"        {value}" for value in of.snippet.values)
    yield from (f"  {line}" if line else "" for line in of.detail.expandtabs(4).splitlines())


def _place(of: Diagnostic) -> Iterator[str]:
    if of.address:
        yield f"  with {of.address}{',' if of.file else ''}"
    if of.file:
        context = f", in {of.snippet.context}" if of.snippet is not None and of.snippet.context else ""
        yield f"  on {of.file}{f' line {of.line}' if of.line else ''}{context}{':' if of.snippet else ''}"
