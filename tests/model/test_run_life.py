"""The life of a run: the table, walked exhaustively."""

from itertools import product

import pytest
from examples import a_run

from runner.errors import WrongState
from runner.model.run.life import (
    FINAL,
    HALF_CHANGED,
    IF_THE_PROCESS_DIES,
    RESOLUTIONS,
    TRANSITIONS,
    WAITING,
    Event,
    Run,
    State,
    next_state,
)


def run_in(state: State) -> Run:
    return a_run(state=state)


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_state_and_event_follows_the_table_or_is_refused(state: State, event: Event) -> None:
    wanted = TRANSITIONS.get((state, event))
    if wanted is None:
        with pytest.raises(WrongState, match="run-1"):
            next_state(run_in(state), event)
    else:
        assert next_state(run_in(state), event) is wanted


def test_every_state_can_be_reached() -> None:
    assert {State.QUEUED, *TRANSITIONS.values()} == set(State)


def test_every_event_is_used() -> None:
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_only_a_persons_resolution_leaves_a_final_state() -> None:
    left = {(state, event) for state, event in TRANSITIONS if state in FINAL}
    assert left == {(State.INTERRUPTED, event) for event in RESOLUTIONS}


def test_a_persons_word_says_how_it_ended_and_nothing_else() -> None:
    assert {after for (_, event), after in TRANSITIONS.items() if event in RESOLUTIONS} == {
        State.APPLIED,
        State.APPLY_FAILED,
    }


def test_an_apply_can_only_follow_an_approval() -> None:
    assert [state for (state, event) in TRANSITIONS if event is Event.START_APPLY] == [State.APPROVED]


def test_an_applying_run_goes_back_only_if_it_never_began() -> None:
    back = {
        event
        for (before, event), after in TRANSITIONS.items()
        if before is State.APPLYING and after in WAITING
    }
    assert back == {Event.NOT_BEGUN}
    assert {before for before, event in TRANSITIONS if event is Event.NOT_BEGUN} == {State.APPLYING}


def test_a_half_changed_run_is_final() -> None:
    assert HALF_CHANGED <= FINAL


def test_every_state_says_what_happens_if_the_process_dies_in_it() -> None:
    assert set(IF_THE_PROCESS_DIES) == set(State)
