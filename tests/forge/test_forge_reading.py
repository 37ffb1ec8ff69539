"""Fields of answers that no later step could take are refused where they are read."""

import pytest

from runner.forge.exchange import NoAnswer
from runner.forge.reading import moment, number, text


@pytest.mark.parametrize("found", [2**63, -(2**70)])
def test_a_number_that_no_database_takes_is_refused(found: int) -> None:
    with pytest.raises(NoAnswer, match="has no id"):
        number({"id": found}, "id")


@pytest.mark.parametrize("found", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_is_none_in_utc_is_refused(found: str) -> None:
    with pytest.raises(NoAnswer, match="has no time"):
        moment({"at": found}, "at")


def test_half_a_character_is_replaced() -> None:
    assert text({"body": "a\ud800b"}, "body") == "a\ufffdb"
