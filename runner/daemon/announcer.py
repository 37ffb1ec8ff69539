"""The thread that announces runs to pools: a broker that hangs or is away delays neither the loop nor its runs."""

import threading
import time
from collections.abc import Callable

from runner.daemon.pools import Pools

LEAVE_SECONDS = 2.0  # at the end of the daemon
AGAIN_SECONDS = 15.0  # without being woken: an announcement may be due again
LONGEST_REST = 2.0


class Announcer:
    """Its thread begins with the first pool, and is no reason for a process to live: what is not announced will be."""

    def __init__(self, attempt: Callable[[str, Callable[[], object]], None]) -> None:
        self._attempt = attempt
        self._pools: Pools | None = None
        self._woken = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self, pools: Pools | None) -> None:
        """Announce what these settings offer now."""
        self._pools = pools
        if pools is not None and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)
            self._thread.start()
        self._woken.set()

    def close(self) -> None:
        """Without waiting for a broker that hangs."""
        self._closed.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join(LEAVE_SECONDS)

    def _run(self) -> None:
        while not self._closed.is_set():
            self._woken.clear()
            began = time.monotonic()
            if self._pools is not None:
                self._attempt("pools", self._pools.offer)
            self._closed.wait(rest(time.monotonic() - began))
            self._woken.wait(AGAIN_SECONDS)


def rest(seconds: float) -> float:
    """How long to pause after a turn that took so long: with tens of thousands of waiting runs, reading them one turn after
    the other would keep workers waiting for the database. Pools have been offered what they have room for.
    """
    return min(2 * seconds, LONGEST_REST)
