"""The daemon's part in pools of workers: it announces runs, and takes them back from workers that are silent."""

from dataclasses import dataclass, field
from datetime import timedelta

from runner.host.log import log
from runner.model.work.lost import Lost
from runner.ports.broker import Broker, Packs
from runner.ports.control import ControlPorts
from runner.service.work.offer import offer_runs
from runner.service.work.silent import expire_leases

FORGOTTEN_AFTER = timedelta(days=7)


@dataclass
class Pools:
    control: ControlPorts
    broker: Broker
    packs: Packs
    problem: str = ""  # of the broker, as of the last announcement
    _silent: set[int] = field(default_factory=set)

    def offer(self) -> None:
        announced = offer_runs(self.control, self.broker, self.packs)
        if announced.problem != self.problem:
            self.problem = announced.problem
            if self.problem:
                log.warning("broker.unreachable", problem=self.problem)
        for one in announced.offers:
            log.debug("run.announced", run=f"run-{one.run}", pool=one.pool, attempt=one.attempt)

    def look(self) -> bool:
        """Take runs back from silent workers; whether any may be announced again."""
        missed = expire_leases(self.control)
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

    def prune(self) -> int:
        """Remove packs that no open run needs, and workers that were not seen for long; returns how many."""
        with self.control.store.writing() as writer:
            runs = writer.open_runs()
            former = {(run.source, writer.stack(run.stack).applied_revision or "") for run in runs}
            gone = writer.forget_workers(self.control.clock.now() - FORGOTTEN_AFTER)
        return gone + self.packs.keep_only(frozenset(former | {(run.source, run.revision) for run in runs}))
