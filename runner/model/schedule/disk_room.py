"""Whether there is disk space for new work: a full disk destroys local states, mirrors and half of a database."""

from runner.model.values.size import parse_size

_UNITS = ("B", "KB", "MB", "GB", "TB")


def shortage(free: int | None, minimum: str, folder: str) -> str | None:
    """Why nothing new is started, or None. Running work continues; unknown space counts as enough."""
    if free is None or free >= parse_size(minimum):
        return None
    return f"only {format_size(free)} free in {folder}; new runs start when there are {minimum} again"


def format_size(size: int) -> str:
    """Such as `2.1GB`, with at least two digits."""
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f}{_UNITS[unit]}" if amount >= 10 or not unit else f"{amount:.1f}{_UNITS[unit]}"
