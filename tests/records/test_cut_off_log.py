"""An audit log whose end was cut off, together with what would show it: no start makes it look whole."""

from datetime import UTC, datetime

import pytest
import shown
from click.testing import CliRunner, Result
from records_world import Records

from runner.cli.invocation import Cli
from runner.cli.main import main
from runner.model.run.life import Event
from runner.service.cycle.begin import begin
from runner.service.integrity.checkpoint import MISSING, try_checkpoint
from runner.view.need import Why


def run(records: Records, *words: str) -> Result:
    cli = Cli()
    cli.__dict__["app"] = records.app
    argv = ["-c", str(records.root / "driftline.yaml"), *words]
    return CliRunner().invoke(main, argv, prog_name="driftline", obj=cli)


def verify(records: Records) -> Result:
    return run(records, "audit", "verify")


def needs(records: Records) -> list[Why]:
    return [need.why for need in shown.needs(records.app) if need.why in {Why.CHECKPOINTS, Why.RESTORED}]


@pytest.fixture
def applied(records: Records) -> Records:
    records.apply("prod/vpc")
    records.apply("prod/rds")
    assert verify(records).exit_code == 0
    return records


def cut(records: Records, entries: int = 1) -> None:
    records.restart()
    records.tamper(f"DELETE FROM audit WHERE seq > {records.head()[0] - entries}")
    records.restart()


def remove(records: Records) -> None:
    records.checkpoints.unlink()


def empty(records: Records) -> None:
    records.checkpoints.write_bytes(b"")


@pytest.mark.parametrize("without", [remove, empty])
def test_a_start_does_not_launder_a_log_whose_checkpoints_are_gone(applied: Records, without: object) -> None:
    applied.clock.at = datetime.now(UTC)  # the doctor goes by the machine's
    cut(applied)
    without(applied)  # type: ignore[operator]
    assert verify(applied).exit_code == 5
    begin(applied.control)
    answer = verify(applied)
    assert answer.exit_code == 5
    kept = applied.head()[0] - 1
    assert f"after entry {kept}" in " ".join(answer.stderr.split())
    assert needs(applied) == [Why.CHECKPOINTS]
    assert "was missing although runs had been applied" in run(applied, "doctor").stdout


def test_it_is_shown_for_two_weeks(applied: Records) -> None:
    remove(applied)
    begin(applied.control)
    applied.age(days=13)
    assert (verify(applied).exit_code, needs(applied)) == (5, [Why.CHECKPOINTS])
    applied.age(days=2)
    assert (verify(applied).exit_code, needs(applied)) == (0, [])


def test_a_daemon_that_runs_does_not_launder_it_either(applied: Records) -> None:
    begin(applied.control)
    remove(applied)
    try_checkpoint(applied.control)
    assert applied.checkpoints.exists()
    assert verify(applied).exit_code == 5


def test_nor_does_the_start_of_the_next_apply(applied: Records) -> None:
    remove(applied)
    applied.start_apply()
    assert verify(applied).exit_code == 5


def test_without_receipts_the_log_itself_says_that_something_was_applied(applied: Records) -> None:
    for receipt in (applied.data_dir / "receipts").iterdir():
        receipt.unlink()
    remove(applied)
    begin(applied.control)
    assert verify(applied).exit_code == 5


def test_a_first_apply_finds_nothing_missing(records: Records) -> None:
    begin(records.control)
    records.walk(records.queue("prod/rds"), Event.CANCEL)
    records.apply()
    begin(records.control)
    assert MISSING not in records.actions()
    assert verify(records).exit_code == 0


def test_where_none_can_be_written_it_is_recorded_once_a_day(applied: Records) -> None:
    for _ in range(3):
        remove(applied)
        try_checkpoint(applied.control)
    assert applied.actions("checkpoints") == [MISSING]
    applied.age(days=2)
    remove(applied)
    try_checkpoint(applied.control)
    assert applied.actions("checkpoints") == [MISSING, MISSING]


def cut_both(records: Records) -> None:
    """The second apply out of the log, and the newest lines, whose seals depend on none after them."""
    lines = records.checkpoints.read_bytes().splitlines(keepends=True)
    records.checkpoints.write_bytes(b"".join(lines[:2]))
    newest = records.control.checkpoints.newest()
    assert newest is not None
    cut(records, records.head()[0] - newest.seq)


def test_a_receipt_of_which_the_log_knows_nothing_shows_that_both_were_cut(applied: Records) -> None:
    cut_both(applied)
    answer = verify(applied)
    assert answer.exit_code == 1
    assert "there are receipts of run-2" in answer.stderr


def test_a_start_records_it_and_does_not_launder_it(applied: Records) -> None:
    cut_both(applied)
    begin(applied.control)
    answer = verify(applied)
    assert answer.exit_code == 1
    assert "it does not record that run-2 was applied" in answer.stderr
    assert needs(applied) == [Why.RESTORED]


def test_a_receipt_shows_it_also_where_the_checkpoints_are_gone_altogether(applied: Records) -> None:
    cut(applied, applied.head()[0])
    remove(applied)
    assert verify(applied).exit_code == 1
    begin(applied.control)
    assert verify(applied).exit_code == 1
    assert needs(applied) == [Why.RESTORED, Why.CHECKPOINTS]


def test_a_copy_of_the_checkpoints_that_covers_the_end_is_the_best_proof(
    applied: Records,
) -> None:
    copy = applied.root / "copy.jsonl"
    applied.checkpoints.rename(copy)
    begin(applied.control)
    assert verify(applied).exit_code == 5
    assert run(applied, "audit", "verify", "--checkpoints", str(copy)).exit_code == 0
