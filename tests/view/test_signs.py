import pytest

from runner.cli.screen import cells
from runner.model.stack.definition import DriftStatus, Sync
from runner.view import signs
from runner.web.dashboard.states import of_state, of_sync


@pytest.mark.parametrize(
    ("sync", "applied", "word"),
    [
        (Sync.UNKNOWN, None, "new"),
        (Sync.UNKNOWN, "a" * 40, "unknown"),  # such as one whose definition in Git is broken
        (Sync.PENDING, None, "pending"),
        (Sync.SYNCED, "a" * 40, "synced"),
    ],
)
def test_a_stack_to_which_nothing_was_applied_is_new_on_every_face(
    sync: Sync, applied: str | None, word: str
) -> None:
    assert signs.sync(sync, applied) == word
    assert cells.sync(sync, applied).text == word
    assert of_sync(sync, applied).word == word


def test_drift_that_was_never_checked_has_the_same_words_on_every_face() -> None:
    words = signs.drift(DriftStatus.UNKNOWN, "")
    assert (words, of_state(DriftStatus.UNKNOWN).word) == ("not checked", "not checked")
