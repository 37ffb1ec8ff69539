"""At most one run executes a stack, over all processes: the schema says so, not the code."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_world import CHILD, NOON, HandClock, claim, discovered, new_run, opened, raw, run_in

from runner.errors import RunChanged, StackBusy, WrongState
from runner.model.run.life import Event, Kind, State
from runner.model.run.unclaimed import Unclaimed
from runner.store.database import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with opened(tmp_path, HandClock()) as store:
        with store.writing() as writer:
            writer.save_discovered(discovered())
            writer.save_discovered(discovered("prod/rds"))
        yield store


def test_a_second_run_of_the_stack_is_refused_with_the_first_ones_name(store: SqliteStore) -> None:
    with store.writing() as writer:
        first, second = writer.add_run(new_run()), writer.add_run(new_run(kind=Kind.DRIFT))
        writer.claim(first, claim("a"))
    with (
        pytest.raises(StackBusy, match=r'stack "prod/vpc" is busy with run-1 \(queued'),
        store.writing() as w,
    ):
        w.claim(second, claim("b"))
    with store.reading() as reader:
        assert reader.run(second.id) == second


def test_runs_of_two_stacks_execute_at_once(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.claim(writer.add_run(new_run()), claim("a"))
        writer.claim(writer.add_run(new_run("prod/rds")), claim("b"))
    with store.reading() as reader:
        assert [lock.holder for lock in reader.locks()] == ["run-2", "run-1"]


def test_a_run_of_a_renamed_stack_waits_for_the_one_on_the_same_state(store: SqliteStore) -> None:
    with store.writing() as writer:
        old = writer.claim(writer.add_run(new_run()), claim("a"))
        writer.mark_missing("prod/vpc")
        writer.save_discovered(discovered("prod/network", state="prod/vpc"))
        new = writer.add_run(new_run("prod/network"))
        with pytest.raises(StackBusy, match=old.name):
            writer.claim(new, claim("b"))
        writer.release(old)
        assert writer.claim(new, claim("b")).claim == claim("b")


def test_a_stack_whose_state_moved_still_executes_one_run_only(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.claim(writer.add_run(new_run()), claim("a"))
        writer.save_discovered(discovered(state="elsewhere"))
        with pytest.raises(StackBusy, match="run-1"):
            writer.claim(writer.add_run(new_run()), claim("b"))


def test_the_schema_refuses_a_claim_on_a_run_that_ended(store: SqliteStore, tmp_path: Path) -> None:
    with store.writing() as writer:
        run_in(writer, State.APPLIED)
    with (
        raw(tmp_path / "driftline.db") as connection,
        pytest.raises(Exception, match="CHECK constraint failed"),
    ):
        connection.execute("UPDATE runs SET claim_token = 'a' WHERE id = 1")


def test_a_claimed_run_is_not_claimed_again(store: SqliteStore) -> None:
    with store.writing() as writer:
        before = writer.add_run(new_run())
        claimed = writer.claim(before, claim("a"))
        with pytest.raises(StackBusy):
            writer.claim(claimed, claim("b"))
        with pytest.raises(RunChanged):
            writer.claim(before, claim("b"))
        assert writer.run(before.id).claim == claim("a")


def test_a_released_run_can_be_claimed_by_another_process(store: SqliteStore) -> None:
    with store.writing() as writer:
        run = writer.release(writer.claim(writer.add_run(new_run()), claim("a")))
        assert run.claim is None
        assert writer.release(run) == run
        assert writer.claim(run, claim("b")).claim == claim("b")


def test_a_final_run_cannot_be_claimed(store: SqliteStore) -> None:
    with store.writing() as writer:
        run = run_in(writer, State.APPLIED)
        with pytest.raises(WrongState):
            writer.claim(run, claim())


def test_the_schema_refuses_the_second_executing_run_without_our_code(
    store: SqliteStore, tmp_path: Path
) -> None:
    with store.writing() as writer:
        writer.add_run(new_run())
        writer.add_run(new_run())
    with raw(tmp_path / "driftline.db") as connection:
        connection.execute("UPDATE runs SET claim_token = 'a' WHERE id = 1")
        with pytest.raises(Exception, match="UNIQUE constraint failed"):
            connection.execute("UPDATE runs SET claim_token = 'b' WHERE id = 2")


def test_of_threads_that_race_for_one_stack_exactly_one_wins(store: SqliteStore) -> None:
    with store.writing() as writer:
        runs = [writer.add_run(new_run()) for _ in range(6)]
    start, won = threading.Barrier(6), []

    def race(index: int) -> None:
        start.wait()
        try:
            with store.writing() as writer:
                writer.claim(runs[index], claim(f"t{index}"))
            won.append(index)
        except StackBusy:
            pass

    threads = [threading.Thread(target=race, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


RACER = """
import sys
from pathlib import Path
from store_world import CHILD, HandClock, claim, opened
from runner.errors import Conflict
from runner.model.run.life import Event
from runner.ports.records.runs import RunFilter

path, me = Path(sys.argv[1]), sys.argv[2]
with opened(path, HandClock()) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    while True:
        with store.reading() as reader:
            queued = [run for run in reader.open_runs() if run.claim is None]
            if not reader.open_runs():
                break
        for run in queued[:1]:
            try:
                with store.writing() as writer:
                    run = writer.claim(run, claim(me))
            except Conflict:
                continue
            print(run.id, flush=True)
            with store.writing() as writer:
                writer.transition(run, Event.CANCEL, by=me)
"""


def test_of_eight_processes_one_wins_each_of_a_hundred_runs(store: SqliteStore, tmp_path: Path) -> None:
    with store.writing() as writer:
        for _ in range(100):
            writer.add_run(new_run())
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, tmp_path, f"p{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=CHILD,
        )
        for number in range(8)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    won = [line for racer in racers for line in racer.communicate("go\n", timeout=120)[0].split()]
    assert [racer.returncode for racer in racers] == [0] * 8
    assert sorted(map(int, won)) == list(range(1, 101))
    assert store.verify_audit() is None


def test_one_queued_run_is_worth_one_claim_only(store: SqliteStore) -> None:
    with store.writing() as writer:
        run = writer.claim(writer.add_run(new_run()), claim("a"))
        writer.transition(run, Event.CLAIM, by="a")
    with store.reading() as reader:
        (lock,) = reader.locks()
    assert lock.process is not None
    assert lock.process.startswith("pid ")
    assert lock.reason == "change run, planning"


def test_runs_that_nobody_executes_are_read_with_what_their_turn_depends_on(store: SqliteStore) -> None:
    with store.writing() as writer:
        for name in ("b", "c", "d", "e"):
            writer.save_discovered(discovered(name))
        waiting = writer.annotate(run_in(writer, State.QUEUED, "b", kind=Kind.DRIFT), wait_until=NOON)
        approved = run_in(writer, State.APPROVED, "c", managed_state=True)
        run_in(writer, State.AWAITING_APPROVAL, "d")
        run_in(writer, State.REJECTED, "e")
        writer.claim(run_in(writer, State.PLANNING), claim())
        found = writer.unclaimed_runs()
    assert [one._asdict() for one in found] == [
        {name: getattr(run, name) for name in Unclaimed._fields} for run in (waiting, approved)
    ]
