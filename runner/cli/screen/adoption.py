"""What an import or a scan found and made, drawn."""

from collections.abc import Iterator

from runner.cli.screen.output import Cell, Screen, Table
from runner.model.adopt.project import Note
from runner.view.adoption import AdoptionPage, FileRow, GuessRow
from runner.view.words import counted

_STATES = {
    "new": Cell("new", "green"),
    "same": Cell("unchanged", "dim"),
    "differs": Cell("differs from the file that is there", "yellow"),
    "yours": Cell("not needed: there is a configuration already", "dim"),
}


def adoption_screen(of: AdoptionPage, *, differences: bool) -> Screen:
    if of.stacks:
        yield Cell("Stacks", "bold")
        yield Table(
            ("DIRECTORY", "STACK", "BECAUSE", "GUESSED"),
            [(one.directory, one.stack, one.because, _guessed(one.guessed)) for one in of.stacks],
        )
    if of.left_out:
        yield ""
        yield Cell("Left out", "bold")
        yield Table(("DIRECTORY", "WHY"), [(one.directory, one.why) for one in of.left_out])
    if of.notes:
        yield ""
        yield Cell("Without a counterpart", "bold")
        for note in of.notes:
            yield from _note(note)
    if of.files:
        yield ""
        yield Cell("Files", "bold")
        yield Table(("FILE", "STATE"), [(one.path, _STATES[one.state]) for one in of.files])
    if differences:
        for file in of.files:
            yield from _difference(file)


def _guessed(rows: tuple[GuessRow, ...]) -> str:
    return ", ".join(dict.fromkeys(row.key for row in rows)) or "-"


def _note(of: Note) -> Iterator[str]:
    yield f"{of.file}:{of.line}: {of.key}: {of.why}"
    if of.instead:
        yield f"    instead: {of.instead}"


def _difference(of: FileRow) -> Iterator[str | Cell]:
    if of.state in {"differs", "new", "yours"}:
        yield ""
        for line in of.difference:
            colour = {"+": "green", "-": "red"}.get(line[:1])
            yield Cell(line, "green" if colour == "green" else "red") if colour else line


def adoption_sum(of: AdoptionPage) -> str:
    """Such as `3 stacks, 2 directories left out, 4 keys without a counterpart`."""
    left = len({row.directory for row in of.left_out})
    directories = "1 directory" if left == 1 else f"{left} directories"
    notes = f", {counted(len(of.notes), 'key')} without a counterpart" if of.kept or of.notes else ""
    return f"{counted(len(of.stacks), 'stack')}, {directories} left out{notes}"
