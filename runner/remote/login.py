"""Getting a token for the command line: from the server's issuer by device code, where it has one."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from runner.api.http import DEVICE_LOGIN
from runner.errors import LoginRefused, NotDriftline
from runner.model.values.frozen import dataclass
from runner.remote.client import Remote

SHORTEST = 1.0  # seconds between two questions, whatever the server says
LONGEST = 3600.0
NOTHING = object()


@dataclass(frozen=True)
class DeviceLogin:
    """What a person does elsewhere: open the address, and compare or type the code."""

    address: str
    code: str
    handle: str
    interval: float
    seconds: float


def begin(remote: Remote) -> DeviceLogin | None:
    """None where the server has no issuer."""
    answer = remote.post(DEVICE_LOGIN, {})
    if isinstance(answer, dict) and answer.get("address", "") is None:
        return None
    told = partial(_told, remote, answer)
    address, code, handle = (told(name, str) for name in ("address", "code", "handle"))
    return DeviceLogin(address, code, handle, told("interval", int, float), told("seconds", int, float))


def wait(remote: Remote, login: DeviceLogin, pause: Callable[[float], None] = time.sleep) -> str:
    """The token, once the person has agreed; LoginRefused."""
    interval, waited = max(login.interval, SHORTEST), 0.0
    while waited < min(login.seconds, LONGEST):
        pause(interval)
        waited += interval
        answer = remote.post(f"{DEVICE_LOGIN}/token", {"handle": login.handle})
        token: str | None = _told(remote, answer, "token", str, type(None))
        if token is not None:
            return token
        interval = max(_told(remote, answer, "interval", int, float), SHORTEST)
    raise LoginRefused(reason="the code has expired")


def _told(remote: Remote, answer: Any, name: str, *kinds: type) -> Any:
    """One field of an answer, which another program may have given."""
    value = answer.get(name, NOTHING) if isinstance(answer, dict) else NOTHING
    if not isinstance(value, kinds) or isinstance(value, bool) or value != value:  # noqa: PLR0124 - not a number
        raise NotDriftline(url=remote.url, status=f"a login without a valid {name}")
    return value
