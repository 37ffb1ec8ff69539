"""What goes on, while it goes on: how far many runs are."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from shutil import get_terminal_size
from threading import Event, Thread

from runner.cli.screen.output import Console
from runner.errors import DriftlineError
from runner.model.values.text import safe_text
from runner.view.when import span

LOOK_SECONDS = 0.2  # how often the database and the log are looked at while somebody waits
BAR_SECONDS = 0.5
LINE_SECONDS = 10.0  # where stderr is a file, or the log of a job
_CLEAR = "\x1b[K"  # what is right of the cursor


@contextmanager
def followed(console: Console, look: Callable[[], str]) -> Iterator[None]:
    """Tell every so often what `look` says: on a terminal in one line that is updated, else in a line of its own."""
    if console.quiet:
        yield
        return
    live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    with _status_line() if live else nullcontext(console.say) as show:
        ended = Event()
        # What is over at once needs no line; a terminal shows something from the first moment.
        first, every = (0.0, BAR_SECONDS) if live else (LINE_SECONDS, LINE_SECONDS)

        def follow() -> None:
            pause = first
            while not ended.wait(pause):
                pause = every
                # A database that cannot be read is reported by the work itself.
                with suppress(DriftlineError):
                    show(look())

        thread = Thread(target=follow, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


@contextmanager
def _status_line() -> Iterator[Callable[[str], None]]:
    """One line of the terminal that is written over, with the time that has passed; it is gone afterwards."""
    began = time.monotonic()

    def write(line: str) -> None:
        sys.stderr.write(f"\r{line}{_CLEAR}")
        sys.stderr.flush()

    try:
        yield lambda text: write(
            f"{safe_text(text)[: get_terminal_size().columns - 10]}  {span(time.monotonic() - began)}"
        )
    finally:
        write("")
