"""What a process does before it works on the data."""

import pytest
import shown
import structlog
from records_world import Records

from runner.errors import ClockBehind
from runner.model.run.life import Event
from runner.service.cycle.begin import begin
from runner.service.integrity.check_clock import steady_now
from runner.service.integrity.checkpoint import try_checkpoint


def test_a_start_on_sound_data_says_nothing_and_writes_a_checkpoint(records: Records) -> None:
    records.queue()
    assert begin(records.control) is None
    assert records.control.checkpoints.newest() is not None


def test_a_start_on_an_older_database_reports_the_loss_once(records: Records) -> None:
    backup = records.backup()
    records.apply()
    records.restore(backup)
    output = begin(records.control)
    assert output is not None
    assert "does not record that run-1 was applied; locked: prod/vpc" in output
    assert begin(records.control) is None


def test_a_clock_that_is_behind_ends_the_start_before_anything_is_written(records: Records) -> None:
    backup = records.backup()
    records.apply()
    records.restore(backup)
    records.queue()
    records.age(days=-3)
    before = records.head(), records.checkpoints.read_bytes()
    with pytest.raises(ClockBehind):
        begin(records.control)
    assert (records.head(), records.checkpoints.read_bytes()) == before
    assert begin(records.control, accept_clock=True) is not None


def test_a_checkpoint_that_cannot_be_written_is_reported_and_ends_nothing(records: Records) -> None:
    records.walk(records.queue(), Event.CLAIM)
    records.checkpoints.mkdir()
    with structlog.testing.capture_logs() as logs:
        try_checkpoint(records.control)
    assert [line["event"] for line in logs] == ["audit.checkpoint_failed"]


def test_an_age_is_measured_at_the_latest_time_that_was_seen(records: Records) -> None:
    records.queue()
    noon = records.clock.at
    records.age(hours=-5)
    with records.control.store.reading() as reader:
        assert steady_now(reader, records.clock, "run-1") == noon
    records.age(hours=7)
    with records.control.store.reading() as reader:
        assert steady_now(reader, records.clock, "run-1") == records.clock.at


def test_status_shows_a_restore_until_it_is_two_weeks_old(records: Records) -> None:
    def needs() -> list[str]:
        return [need.text for need in shown.needs(records.app)]

    backup = records.backup()
    records.apply()
    records.restore(backup)
    begin(records.control)
    assert any("the database was replaced by an older one" in text for text in needs())
    records.age(days=15)
    assert not any("the database was replaced by an older one" in text for text in needs())
