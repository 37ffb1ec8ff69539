"""Which ready runs are offered to a pool now."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from runner.model.run.life import Kind, Run
from runner.model.run.unclaimed import AnyRun
from runner.model.schedule.turns import LEAST_URGENT, priority
from runner.model.settings.pools import PoolSettings
from runner.model.values.frozen import dataclass

# A message may be lost with its broker. To send it again is harmless: only one claim is granted.
AGAIN_AFTER = timedelta(seconds=60)


@dataclass(frozen=True)
class Offer:
    """The message to a pool names a run and an attempt. It carries no authority: the claim does."""

    run: int
    attempt: int
    pool: str
    at: datetime | None = None  # when the message was last sent
    lost: int = 0  # how many leases of the run were lost

    def pending(self, now: datetime) -> bool:
        """Whether a message was sent so recently that it may still be waiting."""
        return self.at is not None and now < self.at + AGAIN_AFTER


@dataclass(frozen=True)
class Drained:
    """A pool that is offered nothing until a person resumes it."""

    pool: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class BrokerProblem:
    """Why runs could not be announced, and since when."""

    since: datetime
    text: str


def to_offer(
    ready: Iterable[tuple[AnyRun, str]],
    executing: Iterable[tuple[Run, str]],
    offer: Callable[[int], Offer | None],
    pools: Mapping[str, PoolSettings],
    drained: Iterable[str],
    now: datetime,
) -> list[Offer]:
    """Messages to send, the most urgent first; `ready` and `executing` are runs with their pools, in turn. `offer` is the
    one that a run had before.

    No pool is offered more than it may execute at once: runs that wait in a broker can no longer be reordered. Of
    `ready` no more is taken than it needs to fill them.
    """
    held = Counter(pool for _, pool in executing)
    checks = Counter(pool for run, pool in executing if run.kind is Kind.DRIFT)
    closed = frozenset(drained)
    accepting = {name: pool for name, pool in pools.items() if name not in closed}

    def room(name: str, *, check: bool) -> bool:
        pool = accepting[name]
        return held[name] < pool.at_most and not (check and checks[name] >= pool.checks_at_most)

    found: list[Offer] = []
    for run, name in ready if accepting else ():
        check = run.kind is Kind.DRIFT
        if name not in accepting:
            continue
        if not room(name, check=check):
            only_checks_follow = priority(run) >= LEAST_URGENT
            if not any(room(one, check=only_checks_follow) for one in accepting):
                break
            continue
        held[name] += 1
        checks[name] += check
        before = offer(run.id) or Offer(run.id, 1, name)
        if before.pool != name or not before.pending(now):
            found.append(Offer(run.id, before.attempt, name, now, before.lost))
    return found
