"""The service: poll, decide, dispatch, heartbeat, retention; stop without breaking running applies."""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

from runner.daemon.announcer import Announcer
from runner.daemon.cloud_events import CloudEvents
from runner.daemon.consumers import Consumers
from runner.daemon.intake import Intake
from runner.daemon.parts import Parts
from runner.daemon.polls import Polls
from runner.daemon.requests import THREADS, Duty, Performer, Requests
from runner.daemon.safe_mode import SafeMode
from runner.daemon.settle import settle
from runner.daemon.timetable import POLLS, Clocks, new_scheduler, restart_intervals
from runner.daemon.wakes import Wakes
from runner.daemon.web import WebServer
from runner.errors import DriftlineError
from runner.host.log import log
from runner.model.cloud_events.due import SETTLE
from runner.model.schedule.polling import PollMeasures
from runner.service.cycle.begin import begin
from runner.service.cycle.prune import prune
from runner.service.cycle.recover import recover
from runner.service.drift.coverage import list_if_due
from runner.service.forge.commands import Perform
from runner.service.integrity.checkpoint import try_checkpoint
from runner.service.operator.cancel import left_running
from runner.service.queue.enqueue import enqueue_due
from runner.systemd.notify import Notifier
from runner.worker import Pool

LOOK_SECONDS = 1.0  # how often the database is checked for writes of others
DECIDE_SECONDS = 15.0  # how often something may have become due by time alone
INVENTORY_SECONDS = 60.0  # how often to look whether accounts are due to be listed
RECOVER_SECONDS = 10  # how often to look for runs whose process is gone
DRAIN_SECONDS = 30.0  # extension of the stop timeout, repeated while an apply runs


class Daemon:
    """One loop decides and dispatches; APScheduler keeps the times; threads do the work."""

    def __init__(
        self,
        parts: Parts,
        reload: Callable[[], Parts],
        notifier: Notifier,
        machine_stops: Callable[[], bool] = lambda: False,
        *,
        performer: Performer,
        duty: Duty,
        in_comments: Perform,
        accept_clock: bool = False,
    ) -> None:
        self.parts = parts
        self._reload = reload
        self._notifier = notifier
        self._machine_stops = machine_stops
        self._accept_clock = accept_clock
        self._clocks = Clocks()
        # Plain flags, set by signal handlers: an Event's lock could be held by the very thread that is interrupted.
        self._stop = False
        self._drains = False
        self._reload_wanted = False
        self._wake = threading.Event()
        self._pool = Pool(parts.worker, parts.slots)
        self._pool.freed = self._wake
        self._beat = time.monotonic()
        self._mark: int | None = None  # of the database at the last turn
        self._decided = 0.0
        self._looked: datetime | None = None
        self._polls: Polls
        self._scheduler: Any = None
        self._web = WebServer()
        store = parts.worker.control.store
        self._safe = SafeMode(store.prove_in_place, store.prove_writable, notifier)
        self._pool.attempt = self._safe.attempt
        self._consumers = Consumers(store, parts.worker.control.clock, self._safe.attempt, in_comments)
        self._intake = Intake(lambda: self.parts, self._safe.attempt, self._wake.set)
        self._announcer = Announcer(self._safe.attempt)
        self._events = CloudEvents(store, parts.worker.control.clock, self._safe.attempt, self._wake_soon)
        self._duty = duty
        # Beside the polls, which may hang as well.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self._requests = Requests(
            store, parts.worker.control.clock, performer, self._threads.submit, self._safe.attempt
        )
        self._wakes = Wakes(store, self._poll_for_webhook, self._start)

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Plans are stopped and queued again; applies go on, and the next daemon follows them.

        SIGINT, and a SIGTERM during a shutdown, wait for the applies: systemd's last signal reaches every
        process.
        """
        self._listen()
        # Before anything else writes: an untrusted clock or database aborts the start.
        if message := begin(self.parts.worker.control, accept_clock=self._accept_clock):
            log.error("daemon.restored", problem=message)
        self._safe.attempt("settings", lambda: settle(self.parts))
        self._safe.attempt("consumers", lambda: self._consumers.turn_to(self.parts))
        self._schedule()
        self._safe.attempt("recover", self._recover)
        self._notifier.say(READY=1, STATUS=f"{len(self.parts.settings.sources)} sources", MAINPID=os.getpid())
        self._web.serve(self.parts.web)
        self._safe.attempt("events", lambda: self._events.turn_to(self.parts.queues, self.parts.settings))
        log.info("daemon.ready", data_dir=str(self.parts.settings.data_dir), slots=self.parts.slots)
        try:
            self._loop()
        finally:
            self._drain()

    # Timetable

    def _schedule(self) -> None:
        from runner.daemon.every import Every

        self._scheduler = new_scheduler()
        control = self.parts.worker.control
        self._polls = Polls(self._scheduler, control.store, control.clock, self._poll_measures)
        self._add_polls()
        for name, every, work in (
            ("recover", Every(RECOVER_SECONDS), self._recover),
            ("retention", Every(6 * 3600, jitter=600), self._prune),
            ("checkpoint", Every(5 * 60), self._checkpoint),
            ("list accounts", Every(INVENTORY_SECONDS), self._list_accounts),
        ):
            self._scheduler.add_job(self._safe.attempt, every, args=(name, work), id=name)
        self._consumers.schedule(self._scheduler)
        if self._notifier.watchdog_seconds:
            self._scheduler.add_job(self._heartbeat, Every(self._notifier.watchdog_seconds / 3), id="beat")
        self._scheduler.start()

    def _add_polls(self) -> None:
        self._polls.add(self.parts.settings.sources, self._intake.poll)

    def _poll_measures(self) -> PollMeasures:
        return self.parts.measures()  # those of the newest settings

    def _poll_for_webhook(self, name: str) -> None:
        """A forge that has just called is there again, even if it failed before. Once it is polled, what it says is read."""
        source = self.parts.settings.source(name)
        if source is not None:
            self._intake.poll_now(source)
            self._consumers.read_forge_soon(name)

    def _recover(self) -> None:
        if self.parts.pools is not None and self.parts.pools.look():
            self._wake.set()
        recovered = recover(self.parts.worker.control)
        for assignment in recovered.adopted:
            log.warning("run.adopted", run=assignment.job.name, stack=assignment.job.stack.name)
            self._pool.attend(assignment)
        self.parts.worker.record_missing()
        if self.parts.worker.carry_reviews() or recovered.ended:
            self._wake.set()
        control = self.parts.worker.control
        for leftover in left_running(control.claims, control.store):
            log.warning("run.lingers", run=leftover.run, pids=list(leftover.pids))

    def _checkpoint(self) -> None:
        try_checkpoint(self.parts.worker.control)

    def _list_accounts(self) -> None:
        """When its schedule says so."""
        if self.parts.inventory is None:
            return
        listed = list_if_due(self.parts.worker.control, self.parts.inventory)
        if listed:
            log.info("accounts.listed", places=len(listed))

    def _prune(self) -> None:
        worker = self.parts.worker
        pruned = prune(worker.control, worker.ports.workspaces, self.parts.trees)
        for problem in pruned.problems:
            log.warning("retention.failed", problem=problem)
        if self.parts.pools is not None:
            self.parts.pools.prune()
        log.info("retention", removed=str(pruned))

    def _heartbeat(self) -> None:
        """Only while the loop turns: the watchdog is for a loop that hangs."""
        if time.monotonic() - self._beat < (self._notifier.watchdog_seconds or 60) / 2:
            self._notifier.say(WATCHDOG=1, STATUS=self._status())

    def _status(self) -> str:
        jobs = self._pool.busy
        return ", ".join(f"{job.name} {job.phase} {job.stack.name}" for job in jobs) or "idle"

    # Loop

    def _loop(self) -> None:
        while not self._stop:
            woken = self._wake.wait(LOOK_SECONDS)
            self._wake.clear()
            self._beat = time.monotonic()
            if self._clocks.jumped():
                log.warning("daemon.clock_jumped")
                restart_intervals(self._scheduler)
            if self._reload_wanted:
                self._safe.attempt("reload", self._take_new_settings)
            self._safe.attempt("turn", partial(self._look, woken=woken))
            self._wakes.begin_due()

    def _look(self, *, woken: bool) -> None:
        woken = woken or self._takes_over_requests()
        if self._somebody_looked():
            self._polls.decide()
        moved = self.parts.worker.control.store.changed_since(self._mark)
        if woken or moved != self._mark or self._beat - self._decided > DECIDE_SECONDS:
            # Read before the turn: writes during it are seen in the next one.
            self._decided, self._mark = self._beat, moved
            self._turn()

    def _somebody_looked(self) -> bool:
        """Whether somebody began to look at something since the last turn."""
        before, self._looked = self._looked, self.parts.looked()
        return before != self._looked

    def _takes_over_requests(self) -> bool:
        """Whether another process has just let go of them: it finishes what it began."""
        return not self._duty.held and self._duty.take()

    def _turn(self) -> None:
        control = self.parts.worker.control
        self.parts.worker.pass_on_cancels()
        # By itself: a request that cannot be read keeps no run from being dispatched.
        if self._duty.held:
            self._safe.attempt("requests", self._requests.look)
        self._safe.attempt("webhooks", self._wakes.look)
        enqueue_due(control.store, control.clock, control.settings.promotion)
        self._pool.fill()
        self._announcer.wake(self.parts.pools)
        self._polls.decide()

    def _wake_soon(self) -> None:
        """Once what AWS has just reported is due."""
        timer = threading.Timer(SETTLE.total_seconds(), self._wake.set)
        timer.daemon = True
        timer.start()

    def _start(self, work: Callable[[], None]) -> None:
        """Beside the polls, which may hang as well."""
        self._scheduler.add_job(work, executor=POLLS)

    # Signals

    def _listen(self) -> None:
        signal.signal(signal.SIGTERM, lambda *_: self.stop())
        signal.signal(signal.SIGINT, lambda *_: self.stop(drain=True))
        signal.signal(signal.SIGHUP, lambda *_: self.reload())

    def stop(self, *, drain: bool = False) -> None:
        """A second request to drain leaves the applies at once."""
        self._drains = drain and not self._stop
        self._stop = True

    def reload(self) -> None:
        self._reload_wanted = True

    def _take_new_settings(self) -> None:
        """A configuration with problems is reported and the old one stays."""
        self._reload_wanted = False
        # MONOTONIC_USEC is part of the reload protocol of systemd.service(5), Type=notify-reload.
        self._notifier.say(RELOADING=1, MONOTONIC_USEC=time.monotonic_ns() // 1000)
        try:
            self._take(self._reload())
        except DriftlineError as error:
            log.warning("daemon.reload", problem=error.message)
        finally:
            self._notifier.say(READY=1)

    def _take(self, fresh: Parts) -> None:
        fresh.worker.take_over(self.parts.worker)
        self.parts = fresh
        self._pool.worker, self._pool.slots = fresh.worker, fresh.slots
        self._add_polls()
        settle(self.parts)
        self._consumers.turn_to(self.parts)
        self._web.serve(fresh.web)
        self._events.turn_to(fresh.queues, fresh.settings)
        log.info("daemon.reloaded", sources=len(fresh.settings.sources), slots=fresh.slots)

    def _drain(self) -> None:
        self._notifier.say(STOPPING=1, STATUS="stops; " + self._status())
        # At once: an apply may be waited for all day, and whoever asks meanwhile should know that nobody listens.
        self._safe.attempt("requests", self._duty.resign)
        self._scheduler.shutdown(wait=False)
        self._pool.stop_plans()
        self._drains = self._drains or self._machine_stops()
        closing = threading.Thread(target=self._pool.close, daemon=True)
        closing.start()
        extended = -DRAIN_SECONDS
        left: set[int] = set()
        while closing.is_alive():
            if time.monotonic() - extended >= DRAIN_SECONDS:
                extended = time.monotonic()
                waited = int(DRAIN_SECONDS * 2 * 1e6)
                self._notifier.say(EXTEND_TIMEOUT_USEC=waited, STATUS="waiting for " + self._status())
            if not self._drains:
                for job in self._pool.leave_applies():
                    if job.run not in left:
                        log.warning("daemon.left", run=job.name, stack=job.stack.name)
                    left.add(job.run)
            if not self._requests.busy:
                self._duty.release()
            closing.join(LOOK_SECONDS)
            self._pass_on_cancels()
        self._checkpoint()
        self._consumers.close()
        self._announcer.close()
        self._events.close()
        # Last: while applies are waited for, people want to see them.
        self._web.close()
        log.info("daemon.stopped")

    def _pass_on_cancels(self) -> None:
        """A person may still want to stop what the daemon waits for."""
        try:
            self.parts.worker.pass_on_cancels()
        except DriftlineError as error:
            log.warning("daemon.drain", problem=error.message)
