"""The daemon's timetable. Polls have their own threads: however many remotes hang, everything else is on time."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

POLLS = "polls"
# Created only when needed. A remote that hangs occupies one for half a minute, and is polled less and less often.
POLL_THREADS = 32
OTHER_THREADS = 4


def new_scheduler() -> Any:
    """A BackgroundScheduler that is not started yet."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    return BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(OTHER_THREADS), POLLS: ThreadPoolExecutor(POLL_THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )


JUMP_SECONDS = 30.0


@dataclass
class Clocks:
    """The wall clock and the monotonic clock. The first may be set, or the machine may sleep."""

    _apart: float = field(default_factory=lambda: time.time() - time.monotonic())

    def jumped(self) -> bool:
        """Whether the wall clock was moved since the last call."""
        before, self._apart = self._apart, time.time() - time.monotonic()
        return abs(self._apart - before) > JUMP_SECONDS


def restart_intervals(scheduler: Any) -> None:
    """Run everything now and then at its interval: after a clock went back, everything would wait for it."""
    now = datetime.now(UTC)
    for job in scheduler.get_jobs():
        job.modify(next_run_time=now)
