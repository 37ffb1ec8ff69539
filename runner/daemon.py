"""The service: poll, decide, dispatch, heartbeat, retention; stop without breaking what is being applied."""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from runner.errors import DriftlineError
from runner.model.run import Run
from runner.model.settings import Settings, SourceSettings
from runner.ports import Trees
from runner.service.enqueue import enqueue_due
from runner.service.poll import Poller, retire_sources
from runner.service.prune import prune
from runner.service.recover import recover
from runner.systemd.notify import Notifier
from runner.worker import Pool, Worker

log = structlog.get_logger()

LOOK_SECONDS = 1.0  # how often the database is asked whether somebody else has written
DECIDE_SECONDS = 15.0  # how often time alone may have made something due
RECOVER_SECONDS = 10  # how often it is asked whether a process that executed a run is gone
DRAIN_SECONDS = 30.0  # by how much the stop is extended each time while an apply runs


@dataclass(frozen=True)
class Parts:
    """What the daemon works with; made anew on reload."""

    settings: Settings
    poller: Poller
    worker: Worker
    trees: Trees
    slots: int


def run_once(parts: Parts, report: Callable[[str], None]) -> list[Run]:
    """One full pass: recover, poll, plan, check what is due, apply what is approved; then return."""
    ended: list[Run] = []
    control = parts.worker.control
    parts.worker.settled = ended.append
    retire_sources(control.store, parts.settings)
    for run in recover(control):
        report(f"{run.name} of {run.stack}: {run.reason}")
    for source in parts.settings.sources:
        polled = parts.poller.poll(source)
        report(f"source {source.name}: {polled.problem or polled.revision}")
        for problem in polled.problems:
            report(f"  {problem}")
    pool = Pool(parts.worker, parts.slots)
    try:
        while True:
            pool.freed.clear()
            # What ends from here on may make something else due, so it is decided once more after it.
            was_busy = bool(pool.busy)
            enqueue_due(control.store, control.clock)
            if not pool.fill() and not was_busy:
                return ended
            pool.freed.wait()
    finally:
        pool.stop_plans()
        pool.close()


class Daemon:
    """One loop decides and dispatches; APScheduler keeps the times; threads do the work."""

    def __init__(self, parts: Parts, reload: Callable[[], Parts], notifier: Notifier) -> None:
        self.parts = parts
        self._reload = reload
        self._notifier = notifier
        # Plain flags, as signal handlers set them: an Event's lock could be held by the very thread that is interrupted.
        self._stop = False
        self._reload_wanted = False
        self._wake = threading.Event()
        self._pool = Pool(parts.worker, parts.slots)
        self._pool.freed = self._wake
        self._beat = time.monotonic()
        self._scheduler: Any = None

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Applies that run are waited for; plans are stopped and queued again."""
        self._listen()
        self._schedule()
        retire_sources(self.parts.worker.control.store, self.parts.settings)
        recover(self.parts.worker.control)
        self._notifier.say(READY=1, STATUS=f"{len(self.parts.settings.sources)} sources", MAINPID=os.getpid())
        log.info("daemon.ready", data_dir=str(self.parts.settings.data_dir), slots=self.parts.slots)
        try:
            self._loop()
        finally:
            self._drain()

    # Times

    def _schedule(self) -> None:
        from apscheduler.schedulers.background import BackgroundScheduler

        self._scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._add_polls()
        self._scheduler.add_job(self._recover, "interval", seconds=RECOVER_SECONDS, id="recover")
        self._scheduler.add_job(self._prune, "interval", hours=6, jitter=600, id="retention")
        if self._notifier.watchdog_seconds:
            self._scheduler.add_job(
                self._heartbeat, "interval", seconds=self._notifier.watchdog_seconds / 3, id="beat"
            )
        self._scheduler.start()

    def _add_polls(self) -> None:
        now = self.parts.worker.control.clock.now()
        for source in self.parts.settings.sources:
            self._scheduler.add_job(
                self._poll,
                "interval",
                args=(source,),
                seconds=float(source.poll),
                jitter=float(source.poll) / 10,
                next_run_time=now,
                id=f"poll {source.name}",
                replace_existing=True,
            )

    def _poll(self, source: SourceSettings) -> None:
        polled = self.parts.poller.poll(source)
        if polled.problem:
            log.warning("source.failed", source=source.name, problem=polled.problem)
        if polled.moved:
            log.info("source.moved", source=source.name, revision=polled.revision, stacks=polled.stacks)
            for problem in polled.problems:
                log.warning("source.problem", source=source.name, problem=problem)
            self._wake.set()

    def _recover(self) -> None:
        for run in recover(self.parts.worker.control):
            log.warning(
                "run.recovered", run=run.name, stack=run.stack, state=run.state.value, reason=run.reason
            )
            self._wake.set()

    def _prune(self) -> None:
        log.info(
            "retention",
            removed=str(
                prune(self.parts.worker.control, self.parts.worker.ports.workspaces, self.parts.trees)
            ),
        )

    def _heartbeat(self) -> None:
        """Only while the loop turns: a loop that hangs is what the watchdog is for."""
        if time.monotonic() - self._beat < (self._notifier.watchdog_seconds or 60) / 2:
            self._notifier.say(WATCHDOG=1, STATUS=self._status())

    def _status(self) -> str:
        jobs = self._pool.busy
        return ", ".join(f"{job.name} {job.phase} {job.stack.name}" for job in jobs) or "idle"

    # The loop

    def _loop(self) -> None:
        mark: int | None = None
        decided = 0.0
        while not self._stop:
            woken = self._wake.wait(LOOK_SECONDS)
            self._wake.clear()
            self._beat = time.monotonic()
            try:
                if self._reload_wanted:
                    self._take_new_settings()
                moved = self.parts.worker.control.store.changed_since(mark)
                if woken or moved != mark or self._beat - decided > DECIDE_SECONDS:
                    # Taken before the turn: what somebody writes during it is looked at in the next one.
                    decided, mark = self._beat, moved
                    self._turn()
            except DriftlineError as error:
                log.warning("daemon.turn", problem=error.message, hint=error.hint)
            except Exception:
                # Whatever it is, running applies must not be disturbed by it; the next turn tries again.
                log.exception("daemon.bug")

    def _turn(self) -> None:
        control = self.parts.worker.control
        self.parts.worker.pass_on_cancels()
        for run in enqueue_due(control.store, control.clock):
            log.info(
                "run.queued", run=run.name, stack=run.stack, kind=run.kind.value, trigger=run.trigger.value
            )
        self._pool.fill()

    # Signals

    def _listen(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        signal.signal(signal.SIGHUP, lambda *_: self.reload())

    def stop(self) -> None:
        self._stop = True

    def reload(self) -> None:
        self._reload_wanted = True

    def _take_new_settings(self) -> None:
        """A configuration with problems is told and the old one stays."""
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
        for source in self.parts.settings.sources:
            self._scheduler.remove_job(f"poll {source.name}")
        fresh.worker.take_over(self.parts.worker)
        self.parts = fresh
        self._pool.worker, self._pool.slots = fresh.worker, fresh.slots
        self._add_polls()
        retire_sources(fresh.worker.control.store, fresh.settings)
        log.info("daemon.reloaded", sources=len(fresh.settings.sources), slots=fresh.slots)

    def _drain(self) -> None:
        self._notifier.say(STOPPING=1, STATUS="waiting for " + self._status())
        self._scheduler.shutdown(wait=False)
        self._pool.stop_plans()
        closing = threading.Thread(target=self._pool.close, daemon=True)
        closing.start()
        told = -DRAIN_SECONDS
        while closing.is_alive():
            if time.monotonic() - told >= DRAIN_SECONDS:
                told = time.monotonic()
                waited = int(DRAIN_SECONDS * 2 * 1e6)
                self._notifier.say(EXTEND_TIMEOUT_USEC=waited, STATUS="waiting for " + self._status())
            closing.join(LOOK_SECONDS)
            self._pass_on_cancels()
        log.info("daemon.stopped")

    def _pass_on_cancels(self) -> None:
        """A person may still want to stop what the daemon waits for."""
        try:
            self.parts.worker.pass_on_cancels()
        except DriftlineError as error:
            log.warning("daemon.drain", problem=error.message)
