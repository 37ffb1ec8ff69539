"""`poll: auto`: the next poll of a source is decided again whenever something happens in it or somebody looks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from world import ANA, DATA, World

from runner.api.caller import Caller
from runner.api.sources import list_sources
from runner.daemon.polls import Polls
from runner.daemon.timetable import new_scheduler
from runner.model.schedule.polling import LEAST, MOST, PollMeasures
from runner.model.settings.source import SourceSettings
from runner.model.values.span import Seconds
from runner.service.cycle.cadence import cadences

CHEAP = 0.001


class Watched:
    """A scheduler that starts nothing, and sources that are polled by hand."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.looked: datetime | None = None
        self.scheduler: Any = new_scheduler()
        self.scheduler.start(paused=True)
        self.polls = Polls(self.scheduler, world.app.store, world.app.clock, self.measures)

    def measures(self) -> PollMeasures:
        return PollMeasures(self.looked, {one.name: CHEAP for one in self.world.settings.sources})

    def begin(self) -> None:
        self.polls.add(self.world.settings.sources, lambda _: None)

    def polled(self) -> None:
        job = self.scheduler.get_job("poll infra")
        job.modify(next_run_time=datetime.now(UTC) + timedelta(seconds=MOST))
        job.func(*job.args)

    @property
    def seconds(self) -> float:
        """Until the next poll."""
        left = self.scheduler.get_job("poll infra").next_run_time - datetime.now(UTC)
        return float(round(left.total_seconds()))


@pytest.fixture
def watched(plain: World) -> Iterator[Watched]:
    made = Watched(plain)
    yield made
    made.scheduler.shutdown(wait=False)


def test_the_next_poll_is_soon_after_a_push_and_late_where_nothing_happens(watched: Watched) -> None:
    watched.begin()
    watched.polled()
    assert watched.seconds == MOST
    watched.world.stack(body=DATA)
    watched.world.poll()
    watched.polled()
    assert watched.seconds == LEAST


def test_somebody_who_looks_brings_the_next_poll_forward(watched: Watched) -> None:
    watched.begin()
    watched.polled()
    watched.looked = watched.world.app.clock.now()
    watched.polls.decide()
    assert watched.seconds <= LEAST


def test_a_poll_that_goes_on_is_not_moved(watched: Watched) -> None:
    """Its scheduler would start it a second time, and complain."""
    watched.begin()
    before = watched.scheduler.get_job("poll infra").next_run_time
    watched.looked = watched.world.app.clock.now()
    watched.polls.decide()
    assert watched.scheduler.get_job("poll infra").next_run_time == before


def test_a_fixed_interval_stays_whoever_looks(watched: Watched) -> None:
    fixed = replace(watched.world.settings.sources[0], poll=Seconds(40))
    watched.world.configure(replace(watched.world.settings, sources=(fixed,)))
    watched.begin()
    watched.looked = watched.world.app.clock.now()
    watched.polled()
    assert watched.seconds == MOST  # as the test has put it


def test_sources_that_a_reload_removes_are_polled_no_more(watched: Watched) -> None:
    watched.begin()
    watched.world.configure(replace(watched.world.settings, sources=()))
    watched.begin()
    assert watched.scheduler.get_jobs() == []


def why(world: World) -> str:
    source = world.settings.sources[0]
    with world.app.store.reading() as reader:
        measures = PollMeasures(None, {source.name: CHEAP})
        found = cadences(reader, [source], measures, world.app.clock.now() + timedelta(minutes=6))
    return found[source.name].why


def test_runs_of_the_source_are_what_is_open_in_it(plain: World) -> None:
    plain.stack(body=DATA)
    plain.poll()
    (run,) = plain.work()
    assert why(plain) == "a run is open"
    plain.approve(run, ANA)
    plain.work()
    assert why(plain) == "pushed in the last 3 hours"


def test_remotes_remember_what_a_poll_of_them_costs(plain: World) -> None:
    source: SourceSettings = plain.settings.sources[0]
    plain.stack(body=DATA)
    plain.poll()
    assert plain.app.git.poll_cost(source) is None  # the first one also imports
    plain.poll()
    cost = plain.app.git.poll_cost(source)
    assert cost is not None
    assert 0 < cost < 1


def test_an_operation_is_a_look_and_a_poll_is_none(plain: World) -> None:
    plain.poll()
    assert plain.app.looks.last() is None
    list_sources(Caller(plain.app, lambda: ANA))
    looked = plain.app.looks.last()
    assert looked is not None
    assert abs(looked - datetime.now(UTC)) < timedelta(minutes=1)
