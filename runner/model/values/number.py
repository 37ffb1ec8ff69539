"""Numbers of records, as texts write them."""

MOST_DIGITS = 18  # SQLite can count further


def number_of(text: str) -> int | None:
    """None unless it is nothing but digits, and no more than the database can hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None
