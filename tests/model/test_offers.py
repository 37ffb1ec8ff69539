"""Which runs pools are offered, and how far that looks down a long queue."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count, islice

from examples import a_run

from runner.model.run.life import Kind, Run, State, Trigger
from runner.model.settings.pools import PoolSettings
from runner.model.work.offers import to_offer

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SCHEDULED = {"kind": Kind.DRIFT, "state": State.QUEUED, "trigger": Trigger.SCHEDULE}
ASKED = {**SCHEDULED, "trigger": Trigger.MANUAL}


class Queue:
    """Runs of pool eu, as many as are asked for; `taken` says how many were."""

    def __init__(self, *first: Run) -> None:
        self.taken = 0
        self.first = first

    def __iter__(self) -> Iterator[tuple[Run, str]]:
        for run in (*self.first, *(a_run(id=number, **SCHEDULED) for number in islice(count(100), 500))):
            self.taken += 1
            yield run, "eu"


def offered(queue: Queue, *pools: PoolSettings, drained: tuple[str, ...] = ()) -> list[int]:
    found = to_offer(queue, (), lambda _: None, {pool.name: pool for pool in pools}, drained, NOW)
    return [offer.run for offer in found]


def test_a_pool_is_filled_and_no_further_run_is_looked_at() -> None:
    queue = Queue()
    assert offered(queue, PoolSettings("eu", at_most=3, checks_at_most=3)) == [100, 101, 102]
    assert queue.taken == 4


def test_where_all_checks_are_taken_nothing_after_a_scheduled_one_can_be_offered() -> None:
    queue = Queue()
    assert offered(queue, PoolSettings("eu", at_most=10, checks_at_most=2)) == [100, 101]
    assert queue.taken == 3


def test_a_preview_is_found_behind_requested_checks_that_have_no_room() -> None:
    preview = a_run(id=9, kind=Kind.PREVIEW, state=State.QUEUED)
    queue = Queue(*(a_run(id=number, **ASKED) for number in (1, 2, 3)), preview)
    assert offered(queue, PoolSettings("eu", at_most=10, checks_at_most=2)) == [1, 2, 9]


def test_while_another_pool_has_room_the_queue_is_looked_through() -> None:
    queue = Queue()
    pools = PoolSettings("eu", at_most=1, checks_at_most=1), PoolSettings("us", at_most=1, checks_at_most=1)
    assert offered(queue, *pools) == [100]
    assert queue.taken == 500


def test_where_every_pool_is_drained_nothing_is_looked_at() -> None:
    queue = Queue()
    assert offered(queue, PoolSettings("eu"), drained=("eu",)) == []
    assert queue.taken == 0
