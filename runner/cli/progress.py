"""What goes on, while it goes on: the log of a run as it grows, and a count over many runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.cli.output import Console

LOOK_SECONDS = 0.2  # how often the database and the log are looked at while somebody waits
_CHUNK = 1 << 20


class LogTail:
    """The lines that a log file gets, each once; a file that is not there yet has none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._partial = b""

    def lines(self, *, last: bool = False) -> Iterator[str]:
        """What is new. With `last` also a line that has no end."""
        while chunk := self._more():
            *whole, self._partial = (self._partial + chunk).split(b"\n")
            yield from map(_text, whole)
        if last and self._partial:
            rest, self._partial = self._partial, b""
            yield _text(rest)

    def _more(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                chunk = file.read(_CHUNK)
        except FileNotFoundError:
            return b""
        self._read += len(chunk)
        return chunk


def _text(line: bytes) -> str:
    return line.decode(errors="replace").removesuffix("\r").expandtabs(4)


class Count:
    """How many checks are done, drifted and failed."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = self.drifted = self.errors = 0

    def show(self) -> None:
        """Nothing, where nobody watches."""

    def __str__(self) -> str:
        return f"{self.done} of {self.total} checked, {self.drifted} drifted, {self.errors} errors"


@contextmanager
def counting(console: Console, total: int) -> Iterator[Count]:
    """A bar on a terminal; the count alone where stderr is none."""
    if console.quiet or not sys.stderr.isatty():
        yield Count(total)
        return
    from rich.console import Console as Terminal
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    terminal = Terminal(stderr=True, no_color=not console.colours(sys.stderr))
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task(str(Count(total)), total=total)

        class Shown(Count):
            def show(self) -> None:
                bar.update(task, completed=self.done, description=str(self))

        yield Shown(total)
