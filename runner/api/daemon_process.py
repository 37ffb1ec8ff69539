"""The daemon, as a process sees it that may use neither remotes nor terraform."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from runner.app import App

LOOK_SECONDS = 0.1


def _running(app: App) -> int | None:
    from runner.datadir.daemon_lock import running_daemon

    return running_daemon(app.settings.data_dir)


def _pause(_app: App) -> None:
    time.sleep(LOOK_SECONDS)


@dataclass(frozen=True)
class DaemonProcess:
    """`alive` gives the pid of the one that runs; `pause` passes the time between two looks for an answer."""

    alive: Callable[[App], int | None] = _running
    pause: Callable[[App], None] = _pause
