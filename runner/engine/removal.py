"""Remove folders in which a run could write, whatever it left there."""

import secrets
from contextlib import suppress
from pathlib import Path

from runner.foreign.budget import Budget, TooMuch
from runner.foreign.remove import remove as remove_within

GONE = ".gone-"
SECONDS = 10.0  # the run's slot waits for it
ENTRIES = 2_000_000


def put_aside(path: Path) -> None:
    """Free the name at once, then remove the content; a failed removal is retried the next time."""
    with suppress(FileNotFoundError):
        path.rename(path.with_name(f"{GONE}{secrets.token_hex(6)}"))
    for left in path.parent.glob(f"{GONE}*"):
        remove(left)


def remove(path: Path) -> None:
    """As far as possible in time. A link is removed, never its target."""
    with suppress(TooMuch):
        remove_within(path, Budget(entries=ENTRIES, seconds=SECONDS))
