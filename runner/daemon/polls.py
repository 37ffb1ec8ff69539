"""When each source is polled. With `poll: auto` the next poll is decided again whenever something may have happened."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from runner.daemon.every import Every
from runner.daemon.timetable import POLLS
from runner.model.schedule.polling import MOST, PollMeasures
from runner.model.settings.source import AUTO, SourceSettings
from runner.ports.basics import Clock
from runner.ports.records.store import Store
from runner.service.cycle.cadence import cadences

JITTER = 0.1  # of an interval: sources that began together do not stay together


@dataclass
class Polls:
    """Jobs of the scheduler, which starts none a second time while it runs."""

    scheduler: Any
    store: Store
    clock: Clock
    measures: Callable[[], PollMeasures]
    _sources: tuple[SourceSettings, ...] = ()
    _last: dict[str, float] = field(default_factory=dict)  # the end of the last poll, by the monotonic clock
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def add(self, sources: tuple[SourceSettings, ...], poll: Callable[[SourceSettings], None]) -> None:
        """In place of those from before; each is polled at once."""
        for source in self._sources:
            self.scheduler.remove_job(_job(source))
        self._sources = sources
        with self._guard:
            self._last.clear()
        for source in sources:
            every = MOST if source.poll == AUTO else float(source.poll)
            self.scheduler.add_job(
                self._poll,
                Every(every, jitter=every * JITTER),
                args=(source, poll),
                next_run_time=self.clock.now(),
                id=_job(source),
                executor=POLLS,
            )

    def _poll(self, source: SourceSettings, poll: Callable[[SourceSettings], None]) -> None:
        with self._guard:
            self._last.pop(source.name, None)  # nothing is decided about a poll that goes on
        try:
            poll(source)
        finally:
            with self._guard:
                self._last[source.name] = time.monotonic()
        self.decide()

    def decide(self) -> None:
        """The next poll of each source with `poll: auto`, as the records and the last look say now."""
        with self._guard:
            waiting = [one for one in self._sources if one.poll == AUTO and one.name in self._last]
        if not waiting:
            return
        with self.store.reading() as reader:
            found = cadences(reader, waiting, self.measures(), self.clock.now())
        for source in waiting:
            self._move(source, found[source.name].seconds)

    def _move(self, source: SourceSettings, seconds: float) -> None:
        from apscheduler.jobstores.base import JobLookupError

        with self._guard:
            if source.name not in self._last:
                return
            left = max(seconds - (time.monotonic() - self._last[source.name]), 0.0)
            job = self.scheduler.get_job(_job(source))
            due = datetime.now(UTC) + timedelta(seconds=left)
            # Moving a job wakes the scheduler: not for what the jitter would do as well.
            if job is not None and abs((job.next_run_time - due).total_seconds()) > seconds * JITTER:
                try:
                    job.modify(next_run_time=due)
                except JobLookupError:
                    return


def _job(source: SourceSettings) -> str:
    return f"poll {source.name}"
