"""What becomes of an apply whose process is gone, by what it has left: one row for each combination."""

import threading

import pytest
from recovering_world import Begun
from traces import ROWS

from runner.model.run.life import HALF_CHANGED, State
from runner.process import detached


@pytest.mark.parametrize("row", ROWS)
def test_what_lies_there_says_how_it_ended(dead: Begun, row: str) -> None:
    trace, wanted = ROWS[row]
    dead.leave(trace)
    run = dead.recovered()
    assert run.state is wanted
    assert run.claim is None
    with dead.world.app.store.reading() as reader:
        # Where somebody has to look, nothing touches the stack before.
        assert (reader.lock("web") is not None) is (wanted in HALF_CHANGED)
        assert (reader.evidence(run.id) is not None) is (wanted in HALF_CHANGED)


@pytest.mark.parametrize("row", ROWS)
def test_while_something_of_it_lives_only_a_whole_result_ends_it(
    dead: Begun, row: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace, wanted = ROWS[row]
    dead.leave(trace)
    settled, looks, told = list[State](), list[object](), threading.Event()
    look = detached._result

    def looked(files: detached.Files) -> detached.Result | None:
        looks.append(found := look(files))
        if len(looks) > 3:
            told.set()
        return found

    def recover() -> None:
        settled.append(dead.recovered().state)
        told.set()

    monkeypatch.setattr(detached, "_result", looked)
    monkeypatch.setattr(detached, "ADOPTED_TICK", 0.01)
    with dead.alive():
        thread = threading.Thread(target=recover)
        thread.start()
        assert told.wait(30), "it was neither settled nor looked at again"
        known = bool(settled)
        if not known:
            assert dead.world.run(dead.run.id).state is State.APPLYING
    thread.join()
    assert settled == [wanted]
    assert known is ("torn" not in row and "apply.result" in trace)
