"""Take away folders in which a run could write, whatever it left there."""

import secrets
import shutil
from contextlib import suppress
from pathlib import Path

GONE = ".gone-"


def put_aside(path: Path) -> None:
    """Free the name at once, and then remove what was there; what cannot be removed now is tried again the next time."""
    with suppress(FileNotFoundError):
        path.rename(path.with_name(f"{GONE}{secrets.token_hex(6)}"))
    for left in path.parent.glob(f"{GONE}*"):
        remove(left)


def remove(path: Path) -> None:
    """A link is removed, never what it leads to."""
    if path.is_dir() and not path.is_symlink():
        with suppress(RecursionError):
            shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
