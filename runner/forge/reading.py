"""Fields of a forge's answers: checked, and cut to what Driftline keeps of untrusted text."""

import re
from datetime import UTC, datetime
from typing import Any

from runner.forge.exchange import NoAnswer
from runner.model.values.text import whole

MAX_LINE = 500
MAX_BODY = 65_536
MAX_OWN = 2**20  # of what Driftline wrote itself, to compare it
MAX_NUMBER = 2**63 - 1  # what the database takes
_REVISION = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def at(data: Any, *path: str) -> Any:
    """None where the way ends early: a deleted user is null, and forges leave out what is empty."""
    for name in path:
        if not isinstance(data, dict):
            return None
        data = data.get(name)
    return data


def text(data: Any, *path: str, longest: int = MAX_LINE) -> str:
    """Empty if there is none."""
    found = at(data, *path)
    return whole(found[:longest]) if isinstance(found, str) else ""


def number(data: Any, *path: str) -> int:
    found = at(data, *path)
    if not isinstance(found, int) or isinstance(found, bool) or abs(found) > MAX_NUMBER:
        raise NoAnswer(f"its answer has no {'.'.join(path)}")
    return found


def last_number(address: str) -> int:
    """The number that an address ends with."""
    last = address.rpartition("/")[2]
    if not re.fullmatch(r"[0-9]{1,18}", last):
        raise NoAnswer("its answer has an address without a number")
    return int(last)


def moment(data: Any, *path: str) -> datetime:
    try:
        found = datetime.fromisoformat(text(data, *path))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        raise NoAnswer(f"its answer has no time in {'.'.join(path)}") from None


def instant(data: Any, *path: str) -> datetime:
    """Of milliseconds since 1970."""
    try:
        return datetime.fromtimestamp(number(data, *path) / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        raise NoAnswer(f"its answer has no time in {'.'.join(path)}") from None


def listed(data: Any, *path: str) -> list[Any]:
    found = at(data, *path)
    return found if isinstance(found, list) else []


def link(data: Any, *path: str) -> str:
    """An address that a browser may follow, or nothing: `javascript:` is an address too."""
    found = text(data, *path, longest=2000)
    return found if found.startswith(("https://", "http://")) else ""


def is_revision(text: str) -> bool:
    return _REVISION.fullmatch(text) is not None
