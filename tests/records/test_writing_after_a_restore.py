"""Commands that write into an older database which was put in place: it is noticed before, not after."""

import pytest
from click.testing import CliRunner, Result
from records_world import WAY, Records

from runner.cli.invocation import Cli
from runner.cli.main import main
from runner.model.run.life import Event, State
from runner.service.cycle.restored import RESTORED, last_restore, put_right_restored

DIGEST = "f" * 12


def run(records: Records, *words: str) -> Result:
    cli = Cli()
    cli.__dict__["app"] = records.app
    argv = ["-c", str(records.root / "driftline.yaml"), *words]
    return CliRunner().invoke(main, argv, prog_name="driftline", obj=cli)


@pytest.fixture
def older(records: Records) -> tuple[Records, int]:
    """A backup in place, in which run-1 waits; how far its log goes. run-2 was applied since."""
    records.walk(records.queue("prod/rds"), *WAY[:2], plan_digest="f" * 64)
    with records.control.store.writing() as writer:
        writer.open_report("prod/rds", "a" * 40, "f", (), confirmed=True)
    backup, kept = records.backup(), records.head()[0]
    records.apply("prod/vpc")
    records.age(minutes=5)
    records.restore(backup)
    return records, kept


@pytest.mark.parametrize(
    "words",
    [
        ("approve", "run-1", "--digest", DIGEST, "--yes"),
        ("reject", "run-1", "-m", "no"),
        ("plan", "prod/rds", "--no-wait"),
        ("run", "cancel", "run-1"),
        ("stack", "pause", "prod/vpc", "-m", "later"),
        ("stack", "resume", "prod/vpc"),
        ("lock", "take", "prod/vpc", "-m", "mine"),
        ("lock", "release", "prod/rds", "-m", "looked"),
        ("source", "sync", "infra"),
        ("drift", "check", "prod/rds"),
        ("drift", "ack", "dr-1", "--until", "2w", "-m", "known"),
        ("drift", "heal", "dr-1"),
        ("drift", "trust", "hashicorp/aws 5.100.0", "-m", "mended"),
    ],
    ids=" ".join,
)
def test_before_a_command_writes_the_restore_is_recorded(
    older: tuple[Records, int], words: tuple[str, ...]
) -> None:
    records, kept = older
    answer = run(records, *words)
    assert answer.exit_code != 2, answer.stderr  # it is a command, with the options that it has
    with records.control.store.reading() as reader:
        first = next(entry for entry in reader.audit(limit=1000) if entry.seq == kept + 1)
        entry = last_restore(reader)
    assert first.action == RESTORED, (words, answer.stderr)
    assert entry is not None
    assert (entry.detail["to"], entry.detail["replaced"]) == (kept, False)
    assert "the database was replaced by an older one" in " ".join(answer.stderr.split())
    assert "audit.checkpoint" not in answer.stdout


def test_what_waited_in_the_backup_is_not_approved(older: tuple[Records, int]) -> None:
    records, _ = older
    answer = run(records, "approve", "run-1", "--digest", DIGEST, "--yes")
    assert answer.exit_code == 3, answer.stderr
    assert "run-1 is superseded" in answer.stderr
    assert records.run(1).state is State.SUPERSEDED


@pytest.mark.parametrize(
    "words",
    [("status",), ("run", "list"), ("audit", "log"), ("audit", "verify"), ("db", "check"), ("doctor",)],
)
def test_who_only_looks_writes_nothing(older: tuple[Records, int], words: tuple[str, ...]) -> None:
    records, kept = older
    run(records, *words)
    assert records.head()[0] == kept


def test_on_the_newest_database_a_command_only_writes_its_own_entry(records: Records) -> None:
    records.apply()
    before, lines = records.head()[0], records.checkpoints.read_bytes()
    assert run(records, "stack", "pause", "prod/vpc", "-m", "later").exit_code == 0
    assert records.head()[0] == before + 1
    assert records.checkpoints.read_bytes() == lines


def test_entries_written_before_detection_are_reported_as_others(
    older: tuple[Records, int],
) -> None:
    records, kept = older
    records.walk(records.queue("prod/vpc"), Event.CANCEL)
    found = put_right_restored(records.control)
    assert found is not None
    assert found.loss is not None
    assert found.loss.replaced
    assert found.loss.kept <= kept
    assert "are different now" in run(records, "status").stdout
