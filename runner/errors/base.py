"""Every error a person meets: the docstring is the message, with its exit code and a hint that can be pasted."""

from enum import StrEnum
from typing import Any

MAX_FACT = 4000  # characters of one fact in a message


class DriftlineError(Exception):
    """Driftline could not do this"""

    exit_code = 1
    hint_template = ""

    def __init__(self, message: str | None = None, *, hint: str | None = None, **facts: Any) -> None:
        """`facts` fill the placeholders of the docstring and of the hint."""
        self.facts = facts
        told = {name: _in_words(fact) for name, fact in facts.items()}
        self.message = message if message is not None else (type(self).__doc__ or "").format(**told)
        self.hint = hint if hint is not None else self.hint_template.format(**told)
        super().__init__(self.message)


def _in_words(fact: Any) -> Any:
    """The names of states are for machines. What others wrote is bounded, and none of its bytes command a terminal."""
    if isinstance(fact, StrEnum):
        return fact.replace("_", " ")
    if isinstance(fact, bytes):
        return f"{len(fact)} bytes"
    return _told(fact) if isinstance(fact, str) else fact


def _told(text: str) -> str:
    if len(text) > MAX_FACT:
        text = f"{text[:MAX_FACT]}... ({len(text)} characters)"
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in text)


EXIT_CODES: dict[int, str] = {
    0: "success, or nothing to do",
    1: "failure",
    2: "unacknowledged drift (`drift check`, `daemon --once`) or changes (`plan --detailed-exitcode`), as in terraform",
    3: "blocked: the approval is missing, is for another plan, or is denied by a rule",
    4: "locked, or in conflict with another process or person",
    5: "not found",
    6: "not allowed",
    7: "timed out waiting",
    8: "of several runs some were approved, rejected or applied, and others refused",
    64: "bad usage",
    69: "the daemon cannot be reached",
    75: "another daemon or web server is running on this data directory",
    78: "bad configuration, or an unusable database",
    130: "interrupted",
}


class BadUsage(DriftlineError):
    """bad usage"""

    exit_code = 64
    hint_template = "driftline --help"


class NotFound(DriftlineError):
    """{what} "{name}" not found"""

    exit_code = 5


class Conflict(DriftlineError):
    """another process or person got there first"""

    exit_code = 4


class Blocked(DriftlineError):
    """blocked"""

    exit_code = 3


class Timeout(DriftlineError):
    """{what} took longer than {seconds} s"""

    exit_code = 7


class Interrupted(DriftlineError):
    """interrupted"""

    exit_code = 130


class NotConfirmed(DriftlineError):
    """nothing was {wish}: the answer was not `{word}`"""
