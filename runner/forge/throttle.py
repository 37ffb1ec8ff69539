"""Until when a forge wants no requests, by what it answered."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from runner.forge.exchange import Answer

# An answer that says so without a time: GitHub asks for a minute after a secondary limit.
DEFAULT = timedelta(minutes=1)
# A forge cannot silence Driftline for longer than its own longest window.
LONGEST = timedelta(hours=1)
_SECONDARY = re.compile(rb"secondary rate limit|abuse detection|rate limit exceeded", re.IGNORECASE)
_REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining")
_RESET = ("x-ratelimit-reset", "ratelimit-reset")


def throttled_until(answer: Answer, now: datetime) -> datetime | None:
    """By the local clock, or None. The forge's times are read relative to its own clock, which may differ."""
    if not _throttles(answer):
        return None
    told = (_retry_after(answer.headers, now), _reset(answer.headers, now))
    wait = next((one for one in told if one is not None), DEFAULT)
    return now + min(max(wait, timedelta(seconds=1)), LONGEST)


def _throttles(answer: Answer) -> bool:
    if answer.status == 403:
        return _used_up(answer.headers) or bool(_SECONDARY.search(answer.body))
    return answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers)


def _used_up(headers: Mapping[str, str]) -> bool:
    return any(headers.get(name) == "0" for name in _REMAINING)


def _retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    text = headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return timedelta(seconds=int(text))
    at = http_date(text)
    return at - (http_date(headers.get("date", "")) or now) if at else None


def _reset(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    text = next((headers[name] for name in _RESET if name in headers), "")
    if not _used_up(headers) or not re.fullmatch(r"[0-9]{1,11}", text):
        return None
    return datetime.fromtimestamp(int(text), UTC) - (http_date(headers.get("date", "")) or now)


def http_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
