"""On which terms a stack is applied, drawn: each with who set it."""

from runner.cli.screen.output import Cell
from runner.view.terms import TermsView

Row = tuple[str, list[Cell | str]]


def terms_rows(of: TermsView) -> list[Row]:
    rows: list[Row] = [(one.name, [f"{one.value}  ", Cell(f"by {one.by}", "dim")]) for one in of.sentences]
    if of.nobody is not None:
        rows.append(("", [Cell(f"! {of.nobody}", "red")]))
    return rows
