"""The file that local runs use, beside the newest version of the state."""

import pytest

from runner.model.state.file import Copies, Move, move


@pytest.mark.parametrize(
    ("file", "newest", "equal", "due"),
    [
        (None, None, None, Move.NOTHING),
        ("a", None, None, Move.TAKE_IN),
        ("a", "a", "a", Move.NOTHING),
        ("a", "a", None, Move.NOTHING),
        ("b", "a", "a", Move.TAKE_IN),
        ("a", "b", "a", Move.LAY_OUT),
        (None, "a", "a", Move.LAY_OUT),
        (None, "a", None, Move.LAY_OUT),
        ("b", "c", "a", Move.FORKED),
        ("b", "a", None, Move.FORKED),
    ],
)
def test_whichever_changed_since_they_were_equal_is_newer(
    file: str | None, newest: str | None, equal: str | None, due: Move
) -> None:
    assert move(Copies(file, newest, equal)) is due


@pytest.mark.parametrize(
    ("newest", "equal", "due"),
    [(None, None, Move.NOTHING), ("a", "a", Move.NOTHING), ("b", "a", Move.LAY_OUT)],
)
def test_a_file_that_is_cut_off_never_becomes_a_version(
    newest: str | None, equal: str | None, due: Move
) -> None:
    assert move(Copies("torn", newest, equal, whole=False)) is due
