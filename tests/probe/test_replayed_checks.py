"""Checks that ask providers again what they answered before, by real terraform and the Python provider."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from probing_service import ANA, ReplayedWorld, needs_terraform
from replayed_world import CANARY, OBJECT, REPLAYED, beginnings, engine, recorded, recordings

from runner import failpoint
from runner.artifact.seal import Seal
from runner.engine.warm.recording import Record
from runner.host.files import write_whole
from runner.model.run.life import State
from runner.model.warm.provider import Way
from runner.service.cycle.dispatch import next_assignment
from runner.service.operator import request

__all__ = ("beginnings", "recorded")
pytestmark = needs_terraform


def test_a_check_of_what_has_not_changed_starts_no_terraform(recorded: ReplayedWorld) -> None:
    run = recorded.check()
    assert run.state is State.NO_CHANGES
    assert (recorded.record().way, recorded.record().reason) == REPLAYED
    log = recorded.app.workspaces.log(run.id).read_text()
    assert "are as recorded, so terraform was not started" in log
    assert recorded.processes() == ["driftline"]


def test_replays_count_as_checks_so_one_in_a_number_is_compared(recorded: ReplayedWorld) -> None:
    recorded.compare_every(3)
    ways = [recorded.clean()[0] for _ in range(4)]
    assert ways == [Way.REPLAYED, Way.REPLAYED, Way.COMPARED, Way.REPLAYED]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda world: world.cloud_set(value="by hand"), id="an-object"),
        pytest.param(lambda world: world.cloud_delete(), id="a-deleted-object"),
        pytest.param(lambda world: world.cloud_set("other", value="else"), id="a-data-source"),
    ],
)
def test_what_changed_in_the_cloud_is_found(
    recorded: ReplayedWorld, change: Callable[[ReplayedWorld], None]
) -> None:
    change(recorded)
    assert recorded.check().state is State.DRIFTED
    assert recorded.record().way is not Way.REPLAYED


def test_drift_that_is_gone_again_is_replayed_at_once(recorded: ReplayedWorld) -> None:
    recorded.cloud_set(value="by hand")
    assert recorded.check().state is State.DRIFTED
    recorded.cloud_set(value="one")
    assert recorded.clean() == REPLAYED


def test_new_code_is_compared_first_and_replayed_then(recorded: ReplayedWorld) -> None:
    recorded.push(value="one", body=OBJECT + "# a word\n")
    assert [recorded.clean()[0] for _ in range(2)] == [Way.COMPARED, Way.REPLAYED]


def test_an_attribute_that_changes_by_itself_ends_replays_after_three_tries(recorded: ReplayedWorld) -> None:
    ways = []
    for number in range(5):
        recorded.cloud_set(unheard_of=number)  # nothing but the etag follows it
        ways.append(recorded.clean())
    assert [way for way, _ in ways] == [Way.PROBED] * 5
    assert {reason for _, reason in ways[:3]} == {
        "not replayed: the answer for resource cloudfile_object differs"
    }
    assert {reason for _, reason in ways[3:]} == {
        "not replayed: its answers differed 3 times although nothing had changed"
    }


@pytest.mark.repeats
@pytest.mark.parametrize("order", ["die", "end", "rubbish", "babble"])
def test_a_provider_that_fails_makes_the_check_dearer_and_not_wrong(
    recorded: ReplayedWorld, order: str
) -> None:
    recorded.order(order)
    way, reason = recorded.clean()
    assert way is Way.PLAIN
    assert reason


def test_a_provider_that_lies_to_every_replay_is_found_by_the_next_comparison(
    recorded: ReplayedWorld,
) -> None:
    recorded.compare_every(3)
    recorded.order("lie")
    recorded.cloud_set(value="by hand")
    assert [recorded.clean()[0] for _ in range(2)] == [Way.REPLAYED] * 2
    assert recorded.check().state is State.DRIFTED


def damage(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def of_another_key() -> bytes:
    key = b"x" * 32
    return Seal(lambda: key, lambda: (key,)).close(b"", "recording of web")


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(
            lambda own, _other: damage(own, own.read_bytes()[:-7]), id="cut-off", marks=pytest.mark.thorough
        ),
        pytest.param(lambda own, _other: damage(own, b""), id="empty", marks=pytest.mark.thorough),
        pytest.param(lambda own, other: damage(own, other.read_bytes()), id="of-another-stack"),
        pytest.param(
            lambda own, _other: damage(own, own.read_bytes()[:40] + b"x" + own.read_bytes()[41:]), id="forged"
        ),
        pytest.param(lambda own, _other: own.unlink(), id="missing", marks=pytest.mark.thorough),
        pytest.param(
            lambda own, _other: damage(own, of_another_key()),
            id="sealed-with-another-key",
            marks=pytest.mark.thorough,
        ),
    ],
)
def test_a_recording_that_is_not_this_stacks_own_counts_as_missing(
    recorded: ReplayedWorld, forge: Callable[[Path, Path], None]
) -> None:
    files = recordings(recorded)
    forge(files["web"], files["other-stack"])
    assert recorded.clean() == (Way.PROBED, "not replayed: nothing is recorded yet")
    assert recorded.clean() == REPLAYED


def test_a_sealed_recording_that_cannot_be_read_is_thrown_away(recorded: ReplayedWorld) -> None:
    replays = engine(recorded).replays
    assert replays is not None
    content = replays.recordings.get("web")
    assert content is not None
    broken = replace(Record.unpacked(content), calls=b"rubbish")
    replays.recordings.put("web", broken.packed())
    assert recorded.clean() == (Way.PROBED, "not replayed: its recording cannot be read")
    assert recorded.clean() == REPLAYED


def test_an_answer_that_nobody_recorded_is_never_equal(recorded: ReplayedWorld) -> None:
    """With the digests of another key every answer differs."""
    replays = engine(recorded).replays
    assert replays is not None
    content = replays.recordings.get("web")
    assert content is not None
    replays.recordings.put("web", replace(Record.unpacked(content), key="00" * 32).packed())
    way, reason = recorded.clean()
    assert way is Way.PROBED
    assert "differs" in reason


def fill_the_disk(patch: pytest.MonkeyPatch) -> None:
    """While recordings are written, and for them alone."""

    def write(path: Path, content: bytes, **options: bool) -> None:
        with pytest.MonkeyPatch.context() as full:
            full.setitem(failpoint._ARMED, "file.before_rename", ("ENOSPC", 0))
            write_whole(path, content, **options)

    patch.setattr("runner.probe.recordings.write_whole", write)


def test_without_space_for_it_nothing_is_recorded_and_the_check_stands(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = recordings(recorded)["web"]
    file.unlink()
    with monkeypatch.context() as patch:
        fill_the_disk(patch)
        way, reason = recorded.clean()
        assert way is Way.PROBED
        assert reason.startswith("not replayed: its calls could not be kept: No space left on device")
        assert list(file.parent.iterdir()) == [recordings(recorded)["other-stack"]]
    assert [recorded.clean()[0] for _ in range(2)] == [Way.PROBED, Way.REPLAYED]


def test_an_older_recording_stands_where_there_is_no_space_for_a_newer_one(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what it said, so it is no reason to call anything clean that is not."""
    recorded.cloud_set(unheard_of="by hand")
    with monkeypatch.context() as patch:
        fill_the_disk(patch)
        assert [recorded.clean()[0] for _ in range(2)] == [Way.PROBED] * 2
    recorded.cloud_set(value="by hand")
    assert recorded.check().state is State.DRIFTED


def test_nothing_secret_is_kept_in_clear(recorded: ReplayedWorld) -> None:
    assert recorded.clean() == REPLAYED
    files = [path for path in (recorded.root / "data").rglob("*") if path.is_file()]
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


def test_stacks_that_would_start_the_same_provider_ask_one_process(recorded: ReplayedWorld) -> None:
    both = ("web", "other-stack")
    assert [run.state for run in recorded.sweep(*both)] == [State.NO_CHANGES] * 2
    assert {recorded.record(name).way for name in both} == {Way.REPLAYED}
    assert recorded.processes() == ["driftline"]


def test_a_check_asks_no_process_that_remembers_the_stacks_last_check(recorded: ReplayedWorld) -> None:
    recorded.order("remember")
    assert recorded.clean() == REPLAYED
    recorded.cloud_set(value="by hand")
    assert recorded.check().state is State.DRIFTED


def test_a_check_asks_no_process_that_was_started_before_somebody_asked_for_it(
    recorded: ReplayedWorld,
) -> None:
    """It may remember what it read for another stack."""
    recorded.order("remember")
    assert recorded.clean() == REPLAYED
    recorded.cloud_set("other", value="by hand")
    assert recorded.check("other-stack").state is State.DRIFTED


@pytest.mark.parametrize("applied", [False, True], ids=["without-an-apply", "after-an-apply"])
def test_a_check_of_the_schedule_may_ask_what_was_read_for_another_stack_and_not_after_an_apply(
    recorded: ReplayedWorld, *, applied: bool
) -> None:
    recorded.order("remember")
    assert recorded.scheduled().state is State.NO_CHANGES
    recorded.cloud_set("other", value="by hand")
    if applied:
        recorded.applied(value="two", body=OBJECT)
    assert recorded.scheduled("other-stack").state is (State.DRIFTED if applied else State.NO_CHANGES)


def test_a_check_knows_when_somebody_asked_for_it(recorded: ReplayedWorld) -> None:
    def asked_at() -> datetime | None:
        assignment = next_assignment(recorded.app.control)
        assert assignment is not None
        recorded.app.worker.perform(assignment)
        return assignment.job.asked_at

    recorded.queue_scheduled()
    assert asked_at() is None
    [run], _ = request.request_check(recorded.app.control, ["web"], ANA)
    assert asked_at() == run.created_at
    recorded.queue_scheduled()
    now = recorded.clock.now()
    request.request_check(recorded.app.control, ["web"], ANA)  # the same one, sooner
    hastened = asked_at()
    assert hastened is not None
    assert hastened >= now


def test_a_provider_that_reads_files_of_a_run_gets_a_process_in_its_place(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.engine.warm.sharing.OF_FILES", frozenset({"driftline/cloudfile"}))
    for name in ("web", "other-stack"):
        assert recorded.clean(name) == REPLAYED
    assert recorded.processes() == ["driftline", "driftline"]


def test_another_configuration_is_another_process(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_token", "another")
    assert recorded.clean()[0] is Way.PROBED
    recorded.processes()
    assert recorded.clean() == REPLAYED
    monkeypatch.setenv("TF_VAR_token", CANARY)
    assert recorded.clean("other-stack") == REPLAYED
    assert recorded.processes() == ["driftline", "driftline"]


def test_the_shared_process_gets_nothing_of_a_run(recorded: ReplayedWorld) -> None:
    assert recorded.clean() == REPLAYED
    [started] = [path.read_text() for path in recorded.orders.glob("started-*[0-9]")]
    assert CANARY not in started
    assert "TF_VAR_token" not in started
    assert "web" not in started.replace(str(recorded.root), "")


def test_a_process_that_nobody_has_asked_for_a_while_is_not_asked_again(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.probe.replay.shared.IDLE_SECONDS", 0.0)
    assert recorded.clean() == REPLAYED
    assert recorded.clean() == REPLAYED
    assert recorded.processes() == ["driftline", "driftline"]


def test_a_full_plan_is_made_where_somebody_asks_for_one(recorded: ReplayedWorld) -> None:
    request.request_check(recorded.app.control, ["web"], ANA, full=True)
    (done,) = recorded.work()
    assert done.state is State.NO_CHANGES
    assert (recorded.record().way, recorded.record().reason) == (Way.PLAIN, "somebody asked for a full plan")
    assert recorded.clean() == REPLAYED
