"""An older database in the place of the newest: what is lost is recorded, and nothing is applied twice."""

import json

import pytest
from records_world import WAY, Records

from runner.errors import CheckpointFailed
from runner.model.audit.restored import HOLDER
from runner.model.run.life import Claim, Event, Kind, State
from runner.service.cycle.restored import RESTORED, find_restored, last_restore, put_right_restored
from runner.service.integrity.checkpoint import checkpoint
from runner.service.operator.lock import release


def put_back(records: Records) -> tuple[int, int]:
    """A backup from before an apply in its place; how far the log had come, and how far it goes now."""
    records.walk(records.queue("prod/rds"), Event.CANCEL)
    checkpoint(records.control)
    backup, kept = records.backup(), records.head()[0]
    records.apply("prod/vpc")
    seen = records.head()[0]
    records.restore(backup)
    return seen, kept


def locks(records: Records) -> dict[str, str]:
    with records.control.store.reading() as reader:
        return {lock.stack: lock.reason for lock in reader.placed_locks() if lock.holder == HOLDER}


def test_a_database_that_is_as_new_as_its_checkpoints_is_left_alone(records: Records) -> None:
    records.apply()
    before = records.head()
    assert put_right_restored(records.control) is None
    assert records.head() == before


def test_a_new_installation_is_left_alone(records: Records) -> None:
    assert put_right_restored(records.control) is None


def test_what_is_lost_is_recorded_with_its_extent(records: Records) -> None:
    seen, kept = put_back(records)
    put_right_restored(records.control)
    with records.control.store.reading() as reader:
        entry = last_restore(reader)
    assert entry is not None
    assert (entry.detail["from"], entry.detail["to"], entry.detail["lost"]) == (seen, kept, seen - kept)
    assert not entry.detail["replaced"]


def test_a_stack_applied_since_the_backup_is_locked_for_a_person(records: Records) -> None:
    put_back(records)
    put_right_restored(records.control)
    assert list(locks(records)) == ["prod/vpc"]
    assert "before run-2 was applied" in locks(records)["prod/vpc"]
    assert "driftline lock release prod/vpc" in locks(records)["prod/vpc"]


def test_a_lock_of_a_person_stays_theirs(records: Records) -> None:
    from runner.model.approval.approval import Person
    from runner.service.operator.lock import take

    take(records.control, "prod/vpc", Person("ana", "user"), "mine")
    put_back(records)
    put_right_restored(records.control)
    with records.control.store.reading() as reader:
        assert [lock.holder for lock in reader.placed_locks()] == ["ana"]


def test_after_the_lock_is_released_a_fresh_plan_is_due(records: Records) -> None:
    from runner.model.approval.approval import Person
    from runner.service.queue.enqueue import enqueue_due

    answered = records.walk(records.queue(), *WAY[:2], Event.REJECT)
    with records.control.store.writing() as writer:
        writer.mark_planned(answered.stack, answered.inputs)
    assert [run.stack for run in enqueue_due(records.control.store, records.clock, ())] == ["prod/rds"]
    put_back(records)
    put_right_restored(records.control)
    enqueue_due(records.control.store, records.clock, ())
    release(records.control, "prod/vpc", Person("ana", "user"), "looked")
    assert [run.stack for run in enqueue_due(records.control.store, records.clock, ())] == ["prod/vpc"]


@pytest.mark.parametrize(
    "events", [(), (Event.CLAIM,), WAY[:2], WAY], ids=["queued", "planning", "awaiting", "approved"]
)
def test_runs_that_waited_in_the_backup_are_asked_about_again(
    records: Records, events: tuple[Event, ...]
) -> None:
    waiting = records.walk(records.queue("prod/rds"), *events)
    put_back(records)
    put_right_restored(records.control)
    assert records.run(waiting.id).state is State.SUPERSEDED
    (fresh,) = [run for run in records.open_runs() if run.stack == "prod/rds"]
    assert fresh.state is State.QUEUED
    assert fresh.id > waiting.id


def test_a_plan_approved_in_the_backup_and_applied_since_stays_unapplied(
    records: Records,
) -> None:
    run = records.walk(records.queue(), *WAY)
    backup = records.backup()
    applied = records.walk(records.run(run.id), Event.START_APPLY, executed_digest="d" * 64)
    (records.data_dir / "receipts").mkdir()
    facts = {"run": applied.id, "stack": applied.stack, "digest": "d" * 64, "at": None, "pid": 1}
    (records.data_dir / "receipts" / f"{'d' * 64}.json").write_text(json.dumps(facts))
    records.restore(backup)  # no checkpoint was written meanwhile: the receipt alone tells
    put_right_restored(records.control)
    assert records.run(run.id).state is State.SUPERSEDED
    assert list(locks(records)) == ["prod/vpc"]


def test_a_drift_check_of_the_backup_is_given_up(records: Records) -> None:
    check = records.queue("prod/rds", Kind.DRIFT)
    put_back(records)
    put_right_restored(records.control)
    assert records.run(check.id).state is State.SUPERSEDED
    assert [run.kind for run in records.open_runs()] == []


def test_an_open_apply_is_left_to_recovery_and_its_stack_is_locked(
    records: Records,
) -> None:
    run = records.start_apply()
    with records.control.store.writing() as writer:
        run = writer.claim(run, Claim("run-1.0", "here", 1, records.clock.at))
    checkpoint(records.control)
    backup = records.backup()
    records.walk(run, Event.SUCCEED)
    records.apply("prod/vpc")
    records.restore(backup)
    put_right_restored(records.control)
    assert records.run(run.id).state is State.APPLYING
    assert list(locks(records)) == ["prod/vpc"]


def test_no_number_is_used_again(records: Records) -> None:
    put_back(records)
    (records.data_dir / "logs").mkdir(exist_ok=True)
    (records.data_dir / "logs" / "run-41.log").touch()
    (records.data_dir / "reports" / "prod" / "vpc").mkdir(parents=True)
    (records.data_dir / "reports" / "prod" / "vpc" / "dr-7.json").touch()
    put_right_restored(records.control)
    assert records.queue("prod/rds").id == 42
    with records.control.store.writing() as writer:
        assert writer.open_report("prod/rds", "a" * 40, "f", (), confirmed=True).id == 8


def test_not_even_the_number_of_a_run_that_left_no_file(records: Records) -> None:
    checkpoint(records.control)
    backup = records.backup()
    lost = [records.walk(records.queue(), Event.CANCEL).id for _ in range(20)]
    checkpoint(records.control)
    records.restore(backup)
    put_right_restored(records.control)
    assert records.queue().id > max(lost)


def test_it_is_recorded_once_however_often_it_is_looked_at(records: Records) -> None:
    put_back(records)
    put_right_restored(records.control)
    before = records.head()
    for _ in range(2):
        records.restart()
        assert put_right_restored(records.control) is None
    assert records.head() == before
    assert records.actions("database") == [RESTORED]


def test_checkpoints_go_on_from_the_restored_log(records: Records) -> None:
    put_back(records)
    put_right_restored(records.control)
    records.apply("prod/rds")
    chain = records.control.checkpoints.read()
    assert chain is not None
    assert chain.bad_line is None
    assert [point.kept is not None for point in chain.checkpoints] == [False, False, True, False]
    assert put_right_restored(records.control) is None


def test_a_second_restore_is_noticed_too(records: Records) -> None:
    put_back(records)
    put_right_restored(records.control)
    backup = records.backup()
    records.apply("prod/rds")
    records.restore(backup)
    put_right_restored(records.control)
    assert records.actions("database") == [RESTORED, RESTORED]
    assert sorted(locks(records)) == ["prod/rds", "prod/vpc"]


class Dying:
    """Checkpoints whose writing kills: everything before it has happened."""

    def __init__(self, records: Records) -> None:
        self.inner = records.control.checkpoints

    def __getattr__(self, name: str) -> object:
        if name == "append":
            raise KeyboardInterrupt
        return getattr(self.inner, name)


def test_a_crash_before_the_checkpoint_only_leaves_that_to_be_written(records: Records) -> None:
    put_back(records)
    records.app.__dict__["checkpoints"] = Dying(records)
    with pytest.raises(KeyboardInterrupt):
        put_right_restored(records.control)
    records.restart()
    assert records.actions("database") == [RESTORED]
    before = records.head()
    put_right_restored(records.control)
    assert records.head() == before
    assert put_right_restored(records.control) is None


@pytest.mark.parametrize("verb", ["skip_numbers", "audit_note", "transition", "place_lock", "mark_planned"])
def test_dying_in_the_middle_leaves_nothing_by_halves(
    records: Records, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    from runner.store.database import StoreWriter

    records.walk(records.queue("prod/rds"), *WAY)
    put_back(records)
    before = records.head()

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(StoreWriter, verb, die)
        with pytest.raises(KeyboardInterrupt):
            put_right_restored(records.control)
    records.restart()
    assert records.head() == before
    put_right_restored(records.control)
    assert records.actions("database") == [RESTORED]


def test_without_checkpoints_the_receipts_show_it(records: Records) -> None:
    backup = records.backup()
    records.apply()
    records.restore(backup)
    records.checkpoints.unlink()
    put_right_restored(records.control)
    assert list(locks(records)) == ["prod/vpc"]
    before = records.head()
    assert put_right_restored(records.control) is None
    assert records.head() == before


def test_an_apply_that_retention_has_forgotten_is_no_stranger(records: Records) -> None:
    run = records.apply()
    records.tamper(f"DELETE FROM runs WHERE id = {run.id}")
    records.restart()
    assert put_right_restored(records.control) is None


def test_a_receipt_without_a_stack_is_recorded(records: Records) -> None:
    run = records.apply()
    (path,) = (records.data_dir / "receipts").iterdir()
    facts = json.loads(path.read_text())
    del facts["stack"]
    (path.parent / f"{'e' * 64}.json").write_text(json.dumps({**facts, "run": f"run-{run.id + 5}"}))
    put_right_restored(records.control)
    assert records.actions(f"run-{run.id + 5}") == ["run.lost"]
    assert locks(records) == {}


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"run": "x"}', b"\xff", b'{"run": 3, "at": "no time"}']
)
def test_a_receipt_that_is_none_is_passed_over(records: Records, content: bytes) -> None:
    folder = records.data_dir / "receipts"
    folder.mkdir()
    (folder / f"{'e' * 64}.json").write_bytes(content)
    (folder / "readme.txt").write_bytes(content)
    assert put_right_restored(records.control) is None


def test_a_log_that_continued_after_the_restore_is_reported_as_another(records: Records) -> None:
    put_back(records)
    for _ in range(20):
        records.queue("prod/rds")
    found = put_right_restored(records.control)
    assert found is not None
    assert found.loss is not None
    assert found.loss.replaced
    assert list(locks(records)) == ["prod/vpc"]
    chain = records.control.checkpoints.read()
    assert chain is not None
    assert chain.restores[-1].replaced


def test_looking_changes_nothing(records: Records) -> None:
    put_back(records)
    before, lines = records.head(), records.checkpoints.read_bytes()
    assert find_restored(records.control) is not None
    assert (records.head(), records.checkpoints.read_bytes()) == (before, lines)


def test_a_checkpoints_file_that_cannot_be_read_stops_the_start(records: Records) -> None:
    records.apply()
    records.checkpoints.unlink()
    records.checkpoints.mkdir()
    with pytest.raises(CheckpointFailed, match="Is a directory"):
        put_right_restored(records.control)
