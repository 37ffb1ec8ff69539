"""How wide a text is on a terminal."""

from functools import lru_cache
from unicodedata import combining, east_asian_width


def width(text: str) -> int:
    """In columns."""
    if text.isascii():
        return len(text)
    return _measured(text)


@lru_cache(maxsize=1 << 10)
def _measured(text: str) -> int:
    """The words of a list have symbols, and a thousand rows have the same few words."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in {"W", "F"} else 1 for c in text)
