"""The name under which the feed knows what is written at the forge of a source."""


def consumer_of(source: str) -> str:
    """Apart from the names of our own consumers."""
    return f"forge/{source}"
