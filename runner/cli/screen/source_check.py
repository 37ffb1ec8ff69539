"""What the head of a source declares, drawn."""

from runner.cli.screen.output import Cell, Screen, Table
from runner.view.source_check import SourceCheck


def source_check_screen(found: SourceCheck) -> Screen:
    yield Table(
        ("STACK", "FILE", "ROOT MODULE"),
        [(one.name, one.file, one.module_path) for one in found.stacks],
        empty="No valid stack files."
        if found.problems
        else "No stack files found. Check the globs under stacks: of the source.",
    )
    yield from (Cell(problem, "red") for problem in found.problems)
    yield from (Cell(note, "dim") for note in found.notes)
