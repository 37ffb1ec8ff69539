"""`re.compile`, for patterns of modules: they are compiled when they are first used.

A command imports up to 190 of them and uses few. Compiling all took 5 to 8 % of its time.
"""

import re
from typing import TYPE_CHECKING, Any


class _Later:
    """What is asked of it is asked of the compiled pattern, and kept: the next call needs no detour."""

    def __init__(self, pattern: Any, flags: int = 0) -> None:
        self._given = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._given), name)
        setattr(self, name, found)
        return found


if TYPE_CHECKING:
    regex = re.compile
else:
    regex = _Later
