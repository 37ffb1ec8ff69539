"""Where cron does the daemon's work: keep the web server, and perform its requests while no daemon does.

It plans, checks and applies nothing: runs wait for the next pass.
"""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from runner.daemon.requests import THREADS, Duty, Performer, Requests
from runner.daemon.safe_mode import SafeMode
from runner.daemon.web import tell_end
from runner.host.log import log
from runner.ports.control import ControlPorts
from runner.process.kept import Ended, Keeper, Kept
from runner.service.cycle.begin import begin, must_begin
from runner.systemd.notify import Notifier

LOOK_SECONDS = 0.5


class Companion:
    """`daemon_serves` tells whether one runs that performs requests by itself; it takes over as soon as it does."""

    def __init__(
        self,
        control: ControlPorts,
        performer: Performer,
        duty: Duty,
        daemon_serves: Callable[[], bool],
    ) -> None:
        self._control, self._duty, self._daemon_serves = control, duty, daemon_serves
        store = control.store
        self._safe = SafeMode(store.prove_in_place, store.prove_writable, Notifier())
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self._requests = Requests(store, control.clock, performer, self._threads.submit, self._safe.attempt)
        self._stop = False  # a plain flag, as a signal handler sets it
        self._wake = threading.Event()
        self._lives = 0
        self._refused = 0

    def run(self, web: Kept) -> int:
        """Until SIGTERM or SIGINT; the exit code of a web server that refuses to start."""
        if must_begin(self._control) and (problem := begin(self._control)):
            log.error("web.restored", problem=problem)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        # Before the web server: who asks it at once is answered.
        self.look()
        keeper = Keeper("web", self._hear_of)
        keeper.turn_to(web)
        try:
            while not self._stop:
                self._wake.wait(LOOK_SECONDS)
                self._safe.attempt("requests", self.look)
        finally:
            keeper.close()
            self.close()
        return self._refused

    def look(self) -> None:
        """What was begun is finished before a daemon gets the duty: nothing is done twice."""
        if self._daemon_serves():
            if not self._requests.busy:
                self._duty.release()
        elif self._duty.take():
            self._requests.look()

    def close(self) -> None:
        """What was begun is finished, and answered."""
        self._threads.shutdown()
        self._duty.release()

    def _hear_of(self, ended: Ended) -> None:
        """One that never served has told why; any other is started again."""
        self._lives += 1
        if self._lives == 1 and ended.exit_code > 0 and not ended.hung:
            self._refused, self._stop = ended.exit_code, True
            self._wake.set()
        else:
            tell_end(ended)

    def _end(self, *_: object) -> None:
        self._stop = True
