"""A thread for each notification and each forge: one that hangs or fails delays neither runs nor the others."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from runner.errors import DriftlineError
from runner.ports.basics import Clock
from runner.ports.records.store import Store
from runner.service.cycle.notify import Notified, notify

LOOK_SECONDS = 0.5
LEAVE_SECONDS = 2.0  # at the end of the daemon
PASS_SECONDS = 60.0  # at the end of a pass


class _Delivery:
    """Until it is stopped. Its thread is no reason for a process to live: what is on its way is sent again."""

    def __init__(self, look: Callable[[], None], before: "_Delivery | None") -> None:
        self._look, self._before = look, before
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        # Two at a time would send everything twice.
        if self._before is not None:
            self._before.join()
            self._before = None
        while not self.stopped.wait(LOOK_SECONDS):
            self._look()

    def join(self, seconds: float | None = None) -> None:
        self._thread.join(seconds)


class Deliveries:
    def __init__(self, attempt: Callable[[str, Callable[[], None]], None]) -> None:
        self._attempt = attempt
        self._running: dict[str, _Delivery] = {}

    def turn_to(self, wanted: Mapping[str, Callable[[], None]]) -> None:
        """Look at these from now on, with the settings that they have now."""
        before, self._running = self._running, {}
        for old in before.values():
            old.stopped.set()
        for name, look in wanted.items():
            self._running[name] = _Delivery(partial(self._attempt, name, look), before.get(name))

    def close(self) -> None:
        """Without waiting for channels that hang."""
        ended = list(self._running.values())
        self.turn_to({})
        until = time.monotonic() + LEAVE_SECONDS
        for one in ended:
            one.join(max(0.0, until - time.monotonic()))


def deliver_once(
    store: Store, clock: Clock, wanted: Iterable[Notified], report: Callable[[str], None]
) -> None:
    """Everything that is due, at the end of a pass. What takes too long is left for the next one."""

    def deliver(one: Notified) -> None:
        try:
            _deliver(store, clock, one)
        except DriftlineError as error:
            report(f"notification {one.name}: {error.message}")

    all_once(partial(deliver, one) for one in wanted)


def all_once(wanted: Iterable[Callable[[], None]]) -> None:
    """At the same time, and for so long: what hangs does not keep the pass from its end."""
    threads = [threading.Thread(target=one, daemon=True) for one in wanted]
    for thread in threads:
        thread.start()
    until = time.monotonic() + PASS_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))


def looks(store: Store, clock: Clock, notified: Iterable[Notified]) -> dict[str, Callable[[], None]]:
    return {f"notify {one.name}": partial(_deliver, store, clock, one) for one in notified}


def _deliver(store: Store, clock: Clock, to: Notified) -> None:
    while notify(store, clock, to):
        pass
