"""A thread for each queue: one that is gone, denied or slow delays neither runs nor the other queues."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from runner.errors import DriftlineError
from runner.host.log import log
from runner.model.cloud_events.queue import EXTEND_EVERY, Message
from runner.model.settings.server import Settings
from runner.ports.basics import Clock
from runner.ports.cloud_events import ChangeQueue
from runner.ports.records.store import Store
from runner.service.cycle.cloud_events import Listener

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # after failures, doubled each time


class CloudEvents:
    """`attempt` runs something whose faults affect nothing else; `woken` is told that a check may be due."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        attempt: Callable[[str, Callable[[], None]], None],
        woken: Callable[[], None],
    ) -> None:
        self._store, self._clock, self._attempt, self._woken = store, clock, attempt, woken
        self._stopped = threading.Event()

    def turn_to(self, queues: Sequence[ChangeQueue], settings: Settings) -> None:
        """Listen to these from now on. What the threads before are still waiting for is handed out again."""
        self._stopped.set()
        self._stopped = threading.Event()
        with self._store.writing() as writer:
            writer.forget_queues(but=[one.address.url for one in queues])
        for queue in queues:
            listener = Listener(self._store, self._clock, settings, queue, partial(extending, queue))
            thread = threading.Thread(
                target=self._listen, args=(listener, self._stopped), name="events", daemon=True
            )
            thread.start()

    def close(self) -> None:
        self._stopped.set()

    def _listen(self, listener: Listener, stopped: threading.Event) -> None:
        pause = FIRST_PAUSE
        while not stopped.is_set():
            went_well: list[bool] = []
            self._attempt("events", partial(self._take, listener, stopped, went_well))
            if went_well:
                pause = FIRST_PAUSE
            else:
                stopped.wait(pause)
                pause = min(LONGEST_PAUSE, pause * 2)

    def _take(self, listener: Listener, stopped: threading.Event, went_well: list[bool]) -> None:
        try:
            if listener.take_some():
                self._woken()
            went_well.append(True)
        except DriftlineError as error:
            # What ends because this process does is no failure.
            if not stopped.is_set() and listener.note_failure(error):
                log.warning("events.failed", queue=str(listener.queue.address), problem=error.message)


@contextmanager
def extending(queue: ChangeQueue, messages: Sequence[Message], every: float = EXTEND_EVERY) -> Iterator[None]:
    """Nobody else gets the messages inside, however long it takes. If that fails, they come twice, which is harmless."""
    done = threading.Event()

    def extend() -> None:
        while not done.wait(every):
            try:
                queue.keep(messages)
            except DriftlineError as error:
                log.warning("events.not_kept", queue=str(queue.address), problem=error.message)

    thread = threading.Thread(target=extend, name="events-kept", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
