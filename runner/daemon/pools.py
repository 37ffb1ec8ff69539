"""The daemon's part in pools of workers: it announces runs, and takes them back from workers that are silent."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from runner.host.log import log
from runner.model.work.hearing import Hearing
from runner.model.work.lost import Lost
from runner.model.work.offers import BrokerProblem, Offer
from runner.ports.broker import Broker, BrokerNotes, Packs
from runner.ports.control import ControlPorts
from runner.service.work.offer import offer_runs
from runner.service.work.silent import expire_leases

FORGOTTEN_AFTER = timedelta(days=7)


@dataclass
class Pools:
    control: ControlPorts
    broker: Broker
    packs: Packs
    notes: BrokerNotes
    problem: BrokerProblem | None = None  # as of the last announcement
    web: Callable[[], int | None] = lambda: 0  # the process that listens to workers
    ticks: Callable[[], float] = time.monotonic
    _noted: bool = True  # perhaps, by a daemon of the same process id
    _silent: set[int] = field(default_factory=set)
    _hearing: Hearing | None = None

    def offer(self) -> tuple[Offer, ...]:
        announced = offer_runs(self.control, self.broker, self.packs)
        self._note(announced.problem)
        for one in announced.offers:
            log.debug("run.announced", run=f"run-{one.run}", pool=one.pool, attempt=one.attempt)
        return announced.offers

    def once(self) -> tuple[Offer, ...]:
        """In a pass without a daemon: what is announced. Who was away cannot be known, so a worker counts as silent once it is."""
        expire_leases(self.control)
        return self.offer()

    def _note(self, problem: str) -> None:
        if not problem:
            if self._noted:
                self.notes.clear()
            self.problem, self._noted = None, False
        elif self.problem is None or self.problem.text != problem:
            since = self.control.clock.now() if self.problem is None else self.problem.since
            self.problem = BrokerProblem(since, problem)
            self.notes.note(self.problem)
            self._noted = True
            log.warning("broker.unreachable", problem=problem)

    def look(self) -> bool:
        """Take runs back from silent workers; whether any may be announced again."""
        missed = expire_leases(self.control, self._listening())
        waiting = {one.lease.run for one in missed if one.fate is Lost.WAIT}
        for one in missed:
            if one.lease.run not in self._silent:
                log.warning(
                    "worker.silent",
                    worker=one.lease.worker,
                    run=f"run-{one.lease.run}",
                    run_is=one.fate.value,
                )
        self._silent = waiting
        return len(missed) > len(waiting)

    def _listening(self) -> datetime | None:
        """When the server or the process that listens was away, or the clock jumped, every worker gets the time of its heartbeats
        to be heard.
        """
        now, ticks, heard = self.control.clock.now(), self.ticks(), self._heard()
        self._hearing = self._hearing or Hearing.begun(now, ticks, heard)
        self._hearing = self._hearing.looked(now, ticks).listened(self.web(), heard)
        return self._hearing.since

    def _heard(self) -> list[datetime]:
        with self.control.store.reading() as reader:
            return [lease.heard for lease in reader.leases()] + [one.seen for one in reader.workers()]

    def prune(self) -> int:
        """Remove packs that no open run needs, and workers that were not seen for long; returns how many."""
        with self.control.store.writing() as writer:
            runs = writer.open_runs()
            former = {(run.source, writer.stack(run.stack).applied_revision or "") for run in runs}
            gone = writer.forget_workers(self.control.clock.now() - FORGOTTEN_AFTER)
        return gone + self.packs.keep_only(frozenset(former | {(run.source, run.revision) for run in runs}))
