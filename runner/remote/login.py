"""Getting a token for the command line: from the server's issuer by device code, where it has one."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from runner.api.http import DEVICE_LOGIN
from runner.errors import LoginRefused
from runner.remote.client import Remote


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
    if answer["address"] is None:
        return None
    return DeviceLogin(
        answer["address"], answer["code"], answer["handle"], answer["interval"], answer["seconds"]
    )


def wait(remote: Remote, login: DeviceLogin, pause: Callable[[float], None] = time.sleep) -> str:
    """The token, once the person has agreed; LoginRefused."""
    interval, waited = login.interval, 0.0
    while waited < login.seconds:
        pause(interval)
        waited += interval
        answer = remote.post(f"{DEVICE_LOGIN}/token", {"handle": login.handle})
        if answer["token"] is not None:
            return str(answer["token"])
        interval = answer["interval"] or interval
    raise LoginRefused(reason="the code has expired")
