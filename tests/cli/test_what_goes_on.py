"""A suggested next command does what the person wants, and every statement is true."""

from pathlib import Path

import pytest
from cli_world import World, applied, planned

from runner.model.run.life import Claim, Event, State
from runner.model.stack.lock import Lock
from runner.service.outcome.apply import half_done


def interrupted(world: World) -> None:
    """run-1 began to be applied, and nobody saw its end."""
    app = world.app
    claim = Claim("run-1.0123456789abcdef", "host", 1, app.clock.now())
    with app.store.writing() as writer:
        run = writer.claim(writer.run(1), claim)
        run = writer.transition(run, Event.START_APPLY, by="driftline", executed_digest=run.plan_digest)
        half_done(app.control, writer, run, Event.INTERRUPT, "the process is gone")


@pytest.fixture
def dead(tmp_path: Path) -> World:
    world = planned(tmp_path)
    world.approve("run-1")
    interrupted(world)
    return world


@pytest.mark.parametrize(
    ("words", "code"),
    [("status", 0), ("stack show app", 0), ("plan app", 4), ("lock take app --reason x", 4)],
)
def test_an_interrupted_run_is_to_be_resolved_wherever_one_looks(dead: World, words: str, code: int) -> None:
    shown = dead.run(*words.split(), expect=code).output
    assert "driftline run resolve run-1 --as applied|failed" in shown
    assert "lock release" not in shown


def test_the_way_out_is_one(dead: World) -> None:
    dead.run("lock", "release", "app", "--reason", "x", expect=3)
    resolved = dead.run("run", "resolve", "run-1", "--as", "failed", "-m", "looked at it", "--yes")
    assert "resolved run-1 of app as apply failed" in resolved.output
    assert dead.json("stack", "show", "app")["lock"] is None


def test_the_facts_of_the_evidence_stand_apart_from_their_names(dead: World) -> None:
    from runner.cli.screen.evidence import evidence_lines
    from runner.cli.screen.output import encode
    from runner.model.run.evidence import Evidence

    evidence = Evidence(exit_code=None, unfinished=("a.b",), serial_before=1, serial_after=2)
    lines = [encode(line, colours=False) for line in evidence_lines(evidence)]
    assert "  how it ended  unknown: the processes were gone and no result was recorded" in lines


def test_an_approval_on_a_locked_stack_says_what_it_waits_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = planned(tmp_path)
    world.run("lock", "take", "app", "--reason", "a freeze")
    monkeypatch.setattr("runner.api.approvals.running_daemon", lambda _: 4711)
    digest = world.json("run", "show", "1")["plan_digest"]
    shown = world.run("approve", "run-1", "--digest", digest[:12], "--yes").output
    assert "It will be applied later: locked by" in shown
    assert "a freeze" in shown
    assert "driftline lock release app" in shown
    assert "is applying it" not in shown


@pytest.mark.parametrize(
    ("daemon", "said"), [(4711, "The daemon is applying it."), (None, "driftline apply run-1")]
)
def test_an_approval_of_what_is_free_says_that_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, daemon: int | None, said: str
) -> None:
    world = planned(tmp_path)
    # A pause keeps nothing from being applied that was approved.
    world.run("stack", "pause", "app", "--reason", "x")
    monkeypatch.setattr("runner.api.approvals.running_daemon", lambda _: daemon)
    digest = world.json("run", "show", "1")["plan_digest"]
    assert said in world.run("approve", "run-1", "--digest", digest[:12], "--yes").output


def test_a_check_of_nothing_says_why_there_is_nothing(tmp_path: Path) -> None:
    shown = planned(tmp_path).run("drift", "check", "--all").output
    assert shown.strip() == "No applied stacks to check. Apply one with:   driftline plan STACK"


def test_drift_that_was_seen_once_was_seen_once(tmp_path: Path) -> None:
    world = applied(tmp_path)
    world.cloud.write_text("moved\n")
    world.run("drift", "check", "app", expect=2)
    assert "once, first" in world.run("drift", "show", "dr-1").stdout


def test_the_names_of_states_are_words(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app", module='resource "terraform_data" "it" {{\n  input = nowhere.x\n}}\n')
    world.run("plan", "app", expect=1)
    assert (
        "run-1 could not be planned, so it cannot be applied" in world.run("apply", "run-1", expect=3).stderr
    )
    assert "plan_failed" not in world.run("run", "diff", "1", expect=5).output


@pytest.mark.parametrize(
    "words",
    [
        ["apply", "run-2"],
        ["approve", "run-2", "--yes", "--digest", "0" * 12],
        ["reject", "run-2", "-m", "no"],
    ],
)
def test_a_run_without_changes_is_refused_in_a_sentence(tmp_path: Path, words: list[str]) -> None:
    world = applied(tmp_path)
    world.run("plan", "app")
    assert "Error: run-2 has no changes, so it cannot be " in world.run(*words, expect=3).stderr


def test_a_lock_of_what_executes_is_waited_for() -> None:
    from datetime import UTC, datetime

    lock = Lock("app", "run-3", "change run, planning", datetime(2026, 1, 1, tzinfo=UTC), "pid 7 on host", 3)
    assert lock.way_out == "driftline logs -f run-3   or stop it with   driftline run cancel run-3"
    assert State.PLAN_FAILED.in_words == "plan failed"


def test_a_plan_at_a_named_revision_does_not_look_for_a_newer_one(tmp_path: Path) -> None:
    world = planned(tmp_path)
    known = world.json("source", "list")[0]["revision"]
    world.commit({"app/more.tf": "# more\n"})
    assert "polling" not in world.run("plan", "app", "--ref", known).stderr
    assert world.json("source", "list")[0]["revision"] == known


def test_a_drift_check_uses_the_applied_revision_and_seeks_no_newer_one(tmp_path: Path) -> None:
    world = applied(tmp_path)
    revision = world.json("stack", "show", "app")["applied_revision"]
    world.commit({"app/more.tf": 'resource "terraform_data" "more" {}\n'})
    world.run("drift", "check", "app")
    (check,) = world.json("run", "list", "--kind", "drift")
    assert check["revision"] == revision
    assert world.json("source", "list")[0]["revision"] == revision
