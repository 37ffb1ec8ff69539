"""Requests of other processes: taken durably, performed on a thread, answered durably.

A crash between any two of these steps leaves a request without an answer, which the next daemon finds.
"""

import threading
from collections.abc import Callable
from dataclasses import field
from typing import Any, Protocol

from runner.errors import DriftlineError, RequestExpired, RequestLost
from runner.host.log import log
from runner.model.execution.daemon_request import (
    BEGUN_WITHIN,
    MOST_OPEN,
    AfterCrash,
    DaemonRequest,
    Next,
    next_of,
)
from runner.model.values.frozen import dataclass
from runner.ports.basics import Clock
from runner.ports.records.store import Store
from runner.view.refusal import refusal_document

THREADS = MOST_OPEN  # a request may hang, and nothing else waits for it


@dataclass(frozen=True)
class Performer:
    """What this installation can do for others. `perform` returns JSON, or raises."""

    after_crash: Callable[[str], AfterCrash]
    perform: Callable[[DaemonRequest], Any]


class Duty(Protocol):
    """To perform requests, which one process of an installation has at a time."""

    @property
    def held(self) -> bool: ...

    def take(self) -> bool:
        """Whether this process has it now."""

    def resign(self) -> None:
        """Take no more, but keep it until `release` for what was begun."""

    def release(self) -> None: ...


@dataclass
class Requests:
    """`start` runs something on another thread: a request may take minutes."""

    store: Store
    clock: Clock
    performer: Performer
    start: Callable[[Callable[[], None]], object]
    attempt: Callable[[str, Callable[[], None]], None]
    _working: set[int] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def busy(self) -> bool:
        with self._guard:
            return bool(self._working)

    def look(self) -> None:
        """Take every open request that nobody works on."""
        with self._guard:
            working = frozenset(self._working)
        with self.store.reading() as reader:
            found = reader.open_requests(but=working)
        for request in found:
            self._meet(request)

    def _meet(self, request: DaemonRequest) -> None:
        after_crash = self.performer.after_crash(request.operation)
        match next_of(request, after_crash, self.clock.now()):
            case Next.TAKE:
                self._take(request)
            case Next.EXPIRE:
                minutes = int(BEGUN_WITHIN.total_seconds() // 60)
                self._refuse(request, RequestExpired(request=request.id, minutes=minutes))
            case Next.LOSE:
                self._refuse(request, RequestLost(request=request.id))

    def _take(self, request: DaemonRequest) -> None:
        with self.store.writing() as writer:
            if not writer.take_request(request.id):
                return  # withdrawn since it was read
        with self._guard:
            self._working.add(request.id)
        self.start(lambda: self._attempt(request))

    def _attempt(self, request: DaemonRequest) -> None:
        """If its answer cannot be written, it is met again as one that a dead daemon left."""
        try:
            self.attempt("request", lambda: self._perform(request))
        finally:
            with self._guard:
                self._working.discard(request.id)

    def _perform(self, request: DaemonRequest) -> None:
        log.info("request", request=request.id, operation=request.operation, person=request.person.name)
        try:
            answer = self.performer.perform(request)
        except DriftlineError as error:
            self._refuse(request, error)
        except Exception as bug:  # whoever waits is told, and the daemon goes on
            log.exception("request.bug", request=request.id, operation=request.operation)
            self._refuse(request, DriftlineError(f"internal error: {type(bug).__name__}: {bug}", hint=""))
        else:
            with self.store.writing() as writer:
                writer.answer_request(request.id, answer=answer)

    def _refuse(self, request: DaemonRequest, error: DriftlineError) -> None:
        with self.store.writing() as writer:
            writer.answer_request(request.id, error=refusal_document(error))
