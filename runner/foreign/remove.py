"""Remove a foreign tree of any depth and width.

Folders are hoisted: the contents of a folder are moved to the top before the folder is removed. So two
descriptors and one level are enough for any depth, and no path ever gets too long.
"""

import os
import secrets
import stat
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from runner.foreign.budget import Budget, TooMuch
from runner.foreign.opening import folder

BATCH = 1024


def remove(path: Path | str, budget: Budget, within: int | None = None) -> bool:
    """Returns whether it is gone. Entries that cannot be removed, such as a mount or another user's, stay,
    and stop nothing else.

    TooMuch if the budget runs out; the work so far counts, and can be continued.
    """
    return _remove(path, within, lambda top: _Top(top, budget).empty())


def _remove(name: Path | str, within: int | None, empty: Callable[[int], bool]) -> bool:
    """One entry of any kind. `empty` gets the descriptor of a folder, and returns whether it was emptied."""
    try:
        if not _is_folder(name, within):
            os.unlink(name, dir_fd=within)
            return True
        with folder(name, within, change=True) as inner:
            if not empty(inner):
                return False
        os.rmdir(name, dir_fd=within)
    except FileNotFoundError:
        return True
    except TooMuch:
        raise
    except OSError:
        return False
    return True


class _Top:
    """The top folder of the removed tree."""

    def __init__(self, descriptor: int, budget: Budget) -> None:
        self.descriptor = descriptor
        self.budget = budget
        self.device = os.fstat(descriptor).st_dev
        self.stuck: set[str] = set()

    def empty(self) -> bool:
        while names := _batch(self.descriptor, self.stuck):
            for name in names:
                self.budget.entry(name)
                if not _remove(name, self.descriptor, self._hoist):
                    self.stuck.add(name)
        return not self.stuck

    def _hoist(self, inner: int) -> bool:
        """Empty a folder: files are removed, folders moved to the top. Returns whether nothing is left."""
        if os.fstat(inner).st_dev != self.device:
            return False  # somebody mounted it there, and it is not ours
        stuck: set[str] = set()
        while names := _batch(inner, stuck):
            for name in names:
                self.budget.entry(name)
                if not self._hoist_one(name, inner):
                    stuck.add(name)
        return not stuck

    def _hoist_one(self, name: str, inner: int) -> bool:
        try:
            if _is_folder(name, inner):
                # To move a folder, its owner needs write permission on it: its `..` changes.
                with folder(name, inner, change=True):
                    fresh = f".hoisted-{secrets.token_hex(8)}"
                    os.rename(name, fresh, src_dir_fd=inner, dst_dir_fd=self.descriptor)
            else:
                os.unlink(name, dir_fd=inner)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True


def _batch(descriptor: int, stuck: set[str]) -> list[str]:
    with os.scandir(descriptor) as entries:
        return list(islice((entry.name for entry in entries if entry.name not in stuck), BATCH))


def _is_folder(name: Path | str, within: int | None) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=within, follow_symlinks=False).st_mode)
