"""How often a source with `poll: auto` is polled: by what happens in it, who looks, and what a poll costs."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.schedule.polling import LEAST, MOST, SHARE, PollFacts, cadence

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
CHEAP = 0.001


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def test_a_source_in_which_nothing_happens_is_polled_rarely() -> None:
    found = cadence(PollFacts(cost=CHEAP), NOW)
    assert (found.seconds, found.why) == (MOST, "nothing has happened for 3 hours")


@pytest.mark.parametrize(
    ("facts", "seconds", "why"),
    [
        (PollFacts(moved_at=ago(minutes=4)), LEAST, "pushed in the last 5 minutes"),
        (PollFacts(moved_at=ago(minutes=5)), 30, "pushed in the last 3 hours"),
        (PollFacts(moved_at=ago(hours=2)), 30, "pushed in the last 3 hours"),
        (PollFacts(moved_at=ago(hours=3)), MOST, "nothing has happened for 3 hours"),
        (PollFacts(looked_at=ago(minutes=1)), LEAST, "somebody is looking"),
        (PollFacts(looked_at=ago(minutes=2)), MOST, "nothing has happened for 3 hours"),
        (PollFacts(executing=True, open_runs=True, changed_at=ago(hours=9)), 5, "a run is executing"),
        (PollFacts(open_runs=True, changed_at=ago(minutes=9)), 15, "a run is open"),
        (PollFacts(open_runs=True, moved_at=ago(minutes=9)), 15, "a run is open"),
        (PollFacts(open_requests=True, changed_at=ago(minutes=9)), 15, "a pull request is open"),
        # Over a night or a weekend.
        (PollFacts(open_runs=True, changed_at=ago(hours=4)), MOST, "nothing has happened for 3 hours"),
        (PollFacts(open_requests=True, changed_at=ago(days=2)), MOST, "nothing has happened for 3 hours"),
        (PollFacts(failures=1, moved_at=NOW, looked_at=NOW), MOST, "the last poll failed"),
        # A clock that was wrong when it was written.
        (PollFacts(moved_at=NOW + timedelta(days=1)), MOST, "nothing has happened for 3 hours"),
    ],
)
def test_the_first_rule_that_holds_decides(facts: PollFacts, seconds: float, why: str) -> None:
    found = cadence(PollFacts(**{**vars(facts), "cost": CHEAP}), NOW)
    assert (found.seconds, found.why) == (seconds, why)


def test_an_expensive_poll_is_made_less_often_and_says_so() -> None:
    found = cadence(PollFacts(moved_at=NOW, cost=0.02), NOW)
    assert found.seconds == pytest.approx(20)
    assert found.why == "pushed in the last 5 minutes; a poll takes 20 ms of CPU"


times = st.none() | st.timedeltas(timedelta(days=-1), timedelta(days=9)).map(lambda span: NOW - span)


@given(
    st.builds(
        PollFacts,
        failures=st.integers(0, 9),
        moved_at=times,
        changed_at=times,
        looked_at=times,
        cost=st.none() | st.floats(0, 10),
    )
)
def test_polls_are_within_their_bounds_and_their_share_of_the_cpu(facts: PollFacts) -> None:
    found = cadence(facts, NOW)
    assert LEAST <= found.seconds <= MOST
    assert found.why
    if facts.cost is not None:
        assert facts.cost / found.seconds <= SHARE * 1.001 or found.seconds == MOST
