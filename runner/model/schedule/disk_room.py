"""Whether there is room on the disk for new work: a full disk destroys local states, mirrors and half of a database."""

from runner.model.values.size import parse_size

_UNITS = ("B", "KB", "MB", "GB", "TB")


def shortage(free: int | None, least: str, folder: str) -> str | None:
    """Why nothing new is started, or None. What runs goes on; where nothing is known there is room."""
    if free is None or free >= parse_size(least):
        return None
    return f"only {told(free)} are free in {folder}; new work starts when there are {least} again"


def told(size: int) -> str:
    """Such as `2.1GB`, with two digits at least."""
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f}{_UNITS[unit]}" if amount >= 10 or not unit else f"{amount:.1f}{_UNITS[unit]}"
