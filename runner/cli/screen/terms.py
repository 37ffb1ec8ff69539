"""On which terms a stack is applied, drawn: each with who set it."""

from runner.cli.screen.output import Cell
from runner.view.terms import TermsView

Row = tuple[str, list[Cell | str]]


def terms_rows(of: TermsView) -> list[Row]:
    authors = "may approve" if of.author_may_approve else "may not approve"
    rows = [
        _row("apply", of.mode, of.why["mode"]),
        _row("needs", of.needs, of.why["required"]),
        _row("authors", f"{authors} their own code", of.why["author_may_approve"]),
    ]
    if of.from_ is not None:
        rows.append(_row("approvers", ", ".join(of.from_) or "nobody", of.why["from"]))
    if of.nobody is not None:
        rows.append(("", [Cell(f"! {of.nobody}", "red")]))
    return rows + [
        _row("protected", ", ".join(word.value), word.said_by)
        for word in of.words
        if word.key == "protect" and isinstance(word.value, list)
    ]


def _row(name: str, value: str, by: str) -> Row:
    return name, [f"{value}  ", Cell(f"by {by}", "dim")]
