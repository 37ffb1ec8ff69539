"""What people and programs read: data on stdout, everything else on stderr, every text made safe in one place."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TextIO

from runner.errors import DriftlineError
from runner.model.values.frozen import dataclass
from runner.model.values.text import safe_text
from runner.model.values.width import width

Colour = Literal["red", "green", "yellow", "cyan", "dim", "bold"]
_CODES: dict[Colour, str] = {
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
    "dim": "2",
    "bold": "1",
}
_GAP = "  "


@dataclass(frozen=True)
class Cell:
    """A piece of text that may be coloured; the colour never says anything that the text does not."""

    text: str
    colour: Colour | None = None


Line = str | Cell | Sequence[Cell | str]


@dataclass(frozen=True)
class Table:
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell | str]]
    empty: str = "Nothing to show."  # says what fills it, where there is no row yet


Screen = Iterable[Line | Table]


@dataclass(frozen=True)
class Console:
    """Where the commands write. `quiet` silences progress and hints, never data or errors."""

    quiet: bool = False
    verbose: bool = False
    no_color: bool = False

    def data(self, *lines: Line) -> None:
        self._write(sys.stdout, lines)

    def json(self, document: Any) -> None:
        """One document; what is not ASCII is escaped, so that nothing in it can steer a terminal."""
        sys.stdout.write(json.dumps(document, indent=2) + "\n")

    def show(self, screen: Screen) -> None:
        for part in screen:
            if isinstance(part, Table):
                self.table(part.heads, part.rows, empty=part.empty)
            else:
                self.data(part)

    def table(
        self, heads: Sequence[str], rows: Iterable[Sequence[Cell | str]], *, empty: str = "Nothing to show."
    ) -> None:
        """Without rows there is nothing on stdout, and `empty` on stderr."""
        found = list(rows)
        if found:
            self._write(sys.stdout, table(heads, found))
        else:
            self.say(empty)

    def say(self, *lines: Line) -> None:
        """Progress and hints."""
        if not self.quiet:
            self._write(sys.stderr, lines)

    def detail(self, *lines: Line) -> None:
        """Only with -v."""
        if self.verbose:
            self._write(sys.stderr, lines)

    def warn(self, text: str) -> None:
        self._write(sys.stderr, [[Cell("Warning:", "yellow"), f" {text}"]])

    def error(self, error: DriftlineError) -> None:
        """What, where, next step."""
        first, *more = error.message.splitlines() or [""]
        self._write(sys.stderr, [[Cell("Error:", "red"), f" {first}"], *more])
        self._hint(error.hint)

    def hint(self, text: str) -> None:
        """A command that goes on from here; unlike that of an error it is silenced by `quiet`."""
        if not self.quiet:
            self._hint(text)

    def _hint(self, text: str) -> None:
        for number, line in enumerate(text.splitlines()):
            self._write(sys.stderr, [[Cell("  hint:" if not number else "       ", "dim"), f" {line}"]])

    def colours(self, stream: TextIO) -> bool:
        """Whether the stream is a terminal that shows colour, and nobody asked for none."""
        plain = self.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
        return not plain and stream.isatty()

    def _write(self, stream: TextIO, lines: Iterable[Line]) -> None:
        colours = self.colours(stream)
        stream.write("".join(encode(line, colours=colours) + "\n" for line in lines))
        stream.flush()


def encode(line: Line, *, colours: bool) -> str:
    """The one place where text becomes what a terminal gets."""
    parts = (line,) if isinstance(line, str | Cell) else line
    if not colours:
        return _safe("".join(map(_text, parts)))  # as a whole: a list has thousands of parts
    return "".join(map(_coloured, parts))


def _coloured(part: Cell | str) -> str:
    text = _safe(_text(part))
    colour = part.colour if isinstance(part, Cell) else None
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if colour and text else text


def _text(part: Cell | str) -> str:
    return part if isinstance(part, str) else part.text


def _safe(text: str) -> str:
    """Most text is plain, and to see that takes a tenth of the time that making it safe does."""
    return text if text.isascii() and text.isprintable() else safe_text(text)


def table(heads: Sequence[str], rows: Iterable[Sequence[Cell | str]]) -> list[Line]:
    """Aligned columns, drawn here: a library takes longer for a thousand rows than all the rest of the command."""
    cells = list(rows)
    # Measured as it will be shown: made safe, which may make it longer.
    sizes = [[width(_safe(_text(cell))) for cell in row] for row in cells]
    widths = [max(column) for column in zip(map(width, heads), *sizes, strict=True)]
    lines: list[Line] = [Cell(_padded(heads, widths), "bold")]
    for row, taken in zip(cells, sizes, strict=True):
        last = max((number for number, size in enumerate(taken) if size), default=0)
        line: list[Cell | str] = []
        for number in range(last + 1):
            line.append(row[number])
            if number < last:
                line.append(" " * (widths[number] - taken[number]) + _GAP)
        lines.append(line)
    return lines


def _padded(texts: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(text.ljust(size) for text, size in zip(texts, widths, strict=True)).rstrip()
