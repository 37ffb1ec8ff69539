"""A pool whose slots are all taken looks for sources that others crowd out, once no run has begun for long."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from runner.model.schedule.turns import PATIENCE
from runner.worker import Pool

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@dataclass
class Endless:
    """A worker whose runs never end before it is told, and that always has another one."""

    now: datetime = NOW
    looks: list[bool] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def control(self) -> Any:
        return SimpleNamespace(clock=SimpleNamespace(now=lambda: self.now))

    def make_way(self) -> None:
        pass

    def next(self, *, full: bool) -> object | None:
        self.looks.append(full)
        return None if full else object()

    def perform(self, _assignment: object) -> None:
        self.over.wait()


@pytest.mark.parametrize(
    ("later", "looks"),
    [
        pytest.param(timedelta(), [], id="at-once"),
        pytest.param(PATIENCE - timedelta(seconds=1), [], id="soon"),
        pytest.param(PATIENCE, [True], id="when-nothing-has-moved-for-long"),
    ],
)
def test_a_full_pool_asks_for_crowded_out_sources(later: timedelta, looks: list[bool]) -> None:
    worker: Any = Endless()
    pool = Pool(worker, 2)
    assert (pool.fill(), worker.looks) == (2, [False, False])
    worker.looks.clear()
    worker.now += later
    pool.fill()
    worker.over.set()
    pool.close()
    assert worker.looks == looks
