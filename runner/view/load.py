"""How much is going on: what queued runs wait for, the progress of many checks, which accounts are throttled."""

from datetime import datetime

from runner.model.run.life import State
from runner.model.schedule.disk_room import format_size
from runner.model.schedule.sweep import Sweep, remaining
from runner.model.schedule.throttling import Throttle
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.model.values.size import parse_size
from runner.ports.records.store import Reader
from runner.service.queue.views import full_accounts
from runner.view.host import Host
from runner.view.when import whole


@dataclass(frozen=True)
class SweepView:
    """Drift checks that were asked for together."""

    total: int
    done: int
    drifted: int
    errors: int
    seconds_left: int | None

    @property
    def sentence(self) -> str:
        """Such as `12 of 50 checked, 2 drifted, 0 errors, about 3 m left`."""
        found = f"{self.done} of {self.total} checked, {self.drifted} drifted, {self.errors} errors"
        over = self.done >= self.total
        return (
            found if over or self.seconds_left is None else f"{found}, about {_span(self.seconds_left)} left"
        )


def _span(seconds: int) -> str:
    if seconds < 90:
        return f"{max(1, seconds)} s"
    return f"{round(seconds / 60)} m" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@dataclass(frozen=True)
class ThrottleView:
    account: str
    at_most: int
    since: datetime
    until: datetime
    reason: str
    sentence: str


def sweep_view(of: Sweep, slots: int) -> SweepView:
    left = remaining(of, slots)
    seconds = None if left is None else round(left.total_seconds())
    return SweepView(of.total, of.done, of.drifted, of.errors, seconds)


def throttles(reader: Reader, now: datetime) -> tuple[ThrottleView, ...]:
    """Those that count now."""
    return tuple(_throttle(one) for one in reader.throttles().values() if one.holds(now))


def _throttle(of: Throttle) -> ThrottleView:
    return ThrottleView(of.account, of.at_most, whole(of.since), whole(of.until), of.reason, str(of))


def queue_waits_for(reader: Reader, settings: Settings, host: Host) -> str:
    """What the most urgent queued run needs before it starts."""
    if host.shortage is not None:
        return f"room: {host.shortage}"
    # Another command may execute them: where the account is full, that is the reason in any case.
    if (full := _full_account(reader, settings, host.now)) is not None:
        return f"its account: {full}"
    if host.daemon is None:
        return "a daemon, or   driftline daemon --once"
    if host.memory is not None and host.memory < parse_size(settings.executor.memory_per_run):
        return f"memory: {format_size(host.memory)} available"
    return "a free slot"


def _full_account(reader: Reader, settings: Settings, now: datetime) -> str | None:
    """Why no queued run may start, where each of them waits for its account."""
    closed = full_accounts(reader, reader.executing_runs(), settings.executor.per_account, now)
    waiting = [run for run in reader.unclaimed_runs() if run.state is State.QUEUED]
    reasons = [closed.get(run.account) for run in waiting]
    return reasons[0] if reasons and None not in reasons else None
