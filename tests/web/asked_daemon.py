"""A daemon in this process that performs requests at the moment somebody waits for the answer."""

from collections.abc import Callable
from dataclasses import dataclass, field

from runner.api.daemon_process import DaemonProcess
from runner.api.performing import performer
from runner.app import App
from runner.daemon.requests import Performer, Requests


def _now(_what: str, work: Callable[[], None]) -> None:
    work()


@dataclass
class AskedDaemon:
    """`alive` may be set to what a test needs; work that is `held` is begun and not performed."""

    alive: bool = True
    held: bool = False
    begun: list[Callable[[], None]] = field(default_factory=list)

    def process(self) -> DaemonProcess:
        return DaemonProcess(lambda _: self.alive, lambda _: self.alive, self.look)

    def look(self, app: App) -> None:
        self.requests(app).look()

    def requests(self, app: App, does: Performer | None = None) -> Requests:
        """As a daemon that has just started sees them."""
        return Requests(app.store, app.clock, does or performer(lambda: app), self._start, _now)

    def _start(self, work: Callable[[], None]) -> None:
        if self.held:
            self.begun.append(work)
        else:
            work()
