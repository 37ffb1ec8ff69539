"""Leases of runs; pools and their workers."""

from runner.api.scope.seen import Seen
from runner.model.work.lease import Lease
from runner.model.work.offers import Drained, Offer
from runner.model.work.worker import KnownWorker


class SeenWork(Seen):
    def lease(self, run: int) -> Lease | None:
        lease = self.whole.lease(run)
        return lease if lease is not None and self.sees(lease.job.stack.name) else None

    def leases(self) -> list[Lease]:
        return self._only(self.whole.leases(), lambda lease: lease.job.stack.name)

    def offer(self, run: int) -> Offer | None:
        return self.whole.offer(run)

    def workers(self) -> list[KnownWorker]:
        return self.whole.workers()

    def drained_pools(self) -> list[Drained]:
        return self.whole.drained_pools()
