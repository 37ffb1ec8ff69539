"""How much is going on: what the queue waits for, how far many checks are, which accounts are throttled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runner.app import App, slots
from runner.cli import shapes
from runner.model.run.life import State
from runner.model.schedule.disk_room import format_size
from runner.model.schedule.sweep import Sweep
from runner.model.schedule.throttling import Throttle
from runner.model.values.size import parse_size
from runner.ports.records.store import Reader
from runner.service.queue.enqueue import full_accounts


@dataclass(frozen=True)
class Load:
    queue_waits_for: str
    slots: int
    sweep: Sweep | None
    throttles: tuple[Throttle, ...]  # that hold

    def document(self, queued: int) -> dict[str, Any]:
        return {
            "queue_waits_for": self.queue_waits_for if queued else None,
            "sweep": self.sweep and shapes.sweep(self.sweep, self.slots),
            "throttled": [shapes.throttle(one) for one in self.throttles],
        }

    def lines(self) -> list[tuple[str, str]]:
        """Each with what it is about."""
        checks = [("Checks", self.sweep.summary(self.slots))] if self.sweep else []
        return [*checks, *(("Throttled", f"{one}: {one.reason}") for one in self.throttles)]


def load_of(app: App, reader: Reader, now: datetime, shortage: str | None, *, daemon: bool) -> Load:
    return Load(
        _waits_for(app, shortage, _full_account(app, reader, now), daemon=daemon),
        slots(app.settings),
        reader.sweep(),
        tuple(throttle for throttle in reader.throttles().values() if throttle.holds(now)),
    )


def _full_account(app: App, reader: Reader, now: datetime) -> str | None:
    """Why nothing of what is queued may start, where each waits for its account."""
    open_runs = reader.open_runs()
    closed = full_accounts(reader, open_runs, app.settings.executor.per_account, now)
    waiting = [run for run in open_runs if run.state is State.QUEUED and run.claim is None]
    whys = [closed.get(run.account) for run in waiting]
    return whys[0] if whys and None not in whys else None


def _waits_for(app: App, shortage: str | None, full: str | None, *, daemon: bool) -> str:
    if shortage is not None:
        return f"room: {shortage}"
    # Who executes them may be another command, which goes on with these too.
    if full is not None:
        return f"its account: {full}"
    if not daemon:
        return "a daemon, or   driftline daemon --once"
    available, needed = app.memory.available(), app.settings.executor.memory_per_run
    if available is not None and available < parse_size(needed):
        return f"memory: {format_size(available)} can be had"
    return "a free slot"
