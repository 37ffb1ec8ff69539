"""The terminal of whoever answers a question."""

import sys
import termios
from contextlib import suppress
from typing import TextIO


def forget_typed_ahead(stream: TextIO) -> None:
    """Drop what was typed, or put there by somebody else, before the question was on the screen."""
    if stream.isatty():
        with suppress(OSError, termios.error):
            termios.tcflush(stream, termios.TCIFLUSH)


def on_terminal() -> bool:
    """Whether somebody sees what is printed and can answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()
