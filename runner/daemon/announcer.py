"""The thread that announces runs to pools: a broker that hangs or is away delays neither the loop nor its runs."""

import threading
from collections.abc import Callable

from runner.daemon.pools import Pools

LEAVE_SECONDS = 2.0  # at the end of the daemon
AGAIN_SECONDS = 15.0  # without being woken: an announcement may be due again


class Announcer:
    """Its thread begins with the first pool, and is no reason for a process to live: what is not announced will be."""

    def __init__(self, attempt: Callable[[str, Callable[[], object]], None]) -> None:
        self._attempt = attempt
        self._pools: Pools | None = None
        self._woken = threading.Event()
        self._closed = False
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
        self._closed = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join(LEAVE_SECONDS)

    def _run(self) -> None:
        while not self._closed:
            self._woken.clear()
            if self._pools is not None:
                self._attempt("pools", self._pools.offer)
            self._woken.wait(AGAIN_SECONDS)
