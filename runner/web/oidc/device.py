"""What an issuer answers to who begins a login by code (RFC 8628, section 3.2)."""

import math
from collections.abc import Mapping
from typing import Any

from runner.errors import LoginRefused
from runner.model.values.frozen import dataclass

INTERVAL_SECONDS = 5.0  # by the RFC, where the issuer says nothing


@dataclass(frozen=True)
class Device:
    """`address` is where a person confirms `user_code`."""

    address: str
    user_code: str
    device_code: str
    interval: float
    seconds: float


def device_of(answer: Mapping[str, Any]) -> Device:
    """LoginRefused if it is none."""
    # `verification_url` is what Google says, from before the RFC.
    return Device(
        address=_text(answer, "verification_uri_complete", "verification_uri", "verification_url"),
        user_code=_text(answer, "user_code"),
        device_code=_text(answer, "device_code"),
        interval=_seconds(answer, "interval", INTERVAL_SECONDS),
        seconds=_seconds(answer, "expires_in"),
    )


def _text(answer: Mapping[str, Any], *names: str) -> str:
    for name in names:
        found = answer.get(name)
        if isinstance(found, str) and found:
            return found
    raise LoginRefused(reason=f"the issuer sent no {names[-1] if len(names) == 1 else names[1]}")


def _seconds(answer: Mapping[str, Any], name: str, default: float | None = None) -> float:
    """Some send a number as text."""
    found = answer.get(name)
    try:
        seconds = float(default if found is None and default is not None else found)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not math.isfinite(seconds):
        raise LoginRefused(reason=f"the issuer sent no {name} that can be used")
    return seconds
