"""The engines that are installed, drawn."""

from runner.cli.screen.output import Cell, Screen, Table
from runner.view.engine import EngineRow, EngineRows

HEADS = ("ENGINE", "VERSION", "STACKS", "SHA-256", "PATH", "")
SHOWN = 12  # characters of a digest


def engines_screen(rows: EngineRows) -> Screen:
    yield Table(HEADS, [_row(row) for row in rows], empty="No engine is named. Set engines.terraform.binary.")


def _row(of: EngineRow) -> tuple[Cell | str, ...]:
    if not of.path.startswith("/"):
        return of.engine, "-", "-", "-", of.path, Cell("not found on PATH", "yellow")
    if of.problem is not None:
        return of.engine, "-", "-", "-", of.path, Cell(f"refused: {of.problem}", "red")
    notes = ", ".join(filter(None, ["default" if of.default else "", of.hole]))
    colour = "yellow" if of.hole else "dim"
    return (
        of.engine,
        of.version or "-",
        str(of.stacks),
        (of.sha256 or "-")[:SHOWN],
        of.path,
        Cell(notes, colour),  # type: ignore[arg-type]
    )
