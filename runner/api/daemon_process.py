"""The daemon, or who stands in for it, as a process sees it that may use neither remotes nor terraform."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.app import App

LOOK_SECONDS = 0.1


def _takes(app: "App") -> bool:
    from runner.datadir.requests_lock import requests_taken

    return requests_taken(app.settings.data_dir)


def _answers(app: "App") -> bool:
    from runner.datadir.requests_lock import requests_answered

    return requests_answered(app.settings.data_dir)


def _pause(_app: "App") -> None:
    time.sleep(LOOK_SECONDS)


@dataclass(frozen=True)
class DaemonProcess:
    """`takes` tells whether anybody takes new requests, and `alive` whether anybody still answers those that were taken:
    a daemon that stops does. `pause` passes the time between two looks for an answer.
    """

    takes: "Callable[[App], bool]" = _takes
    alive: "Callable[[App], bool]" = _answers
    pause: "Callable[[App], None]" = _pause
