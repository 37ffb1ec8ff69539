"""How wide a text is on a terminal."""

from unicodedata import combining, east_asian_width


def width(text: str) -> int:
    """In columns."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in {"W", "F"} else 1 for c in text)
