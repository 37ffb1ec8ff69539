"""Approving, rejecting, planning, pausing and resuming several stacks: one list, one question."""

from pathlib import Path

import pytest
from cli_world import MODULE, World, begun
from put_back import PutBack
from terminal_talk import Meanwhile, converse

PROTECTED = 'apply: {protect: ["terraform_data.it"]}\n'


def labelled(world: World, name: str, env: str, more: str = "", module: str = MODULE) -> None:
    world.commit(
        {
            f"{name}/stack.yaml": f"name: {name}\nlabels: {{env: {env}}}\n{more}",
            f"{name}/main.tf": module.format(cloud=world.cloud),
        }
    )


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> PutBack:
    world = World(tmp_path_factory.mktemp("estate"))
    for name, env in (("a", "dev"), ("b", "dev"), ("p", "prod")):
        labelled(world, name, env)
    world.run("plan", "a", "b", "p")
    return PutBack.kept(world.root)


@pytest.fixture
def estate(planned: PutBack) -> World:
    """Two stacks of dev and one of prod, each with a plan that waits: run-1, run-2, run-3."""
    return World.found(planned.again())


def states(world: World) -> dict[str, str]:
    return {run["id"]: run["state"] for run in world.json("run", "list")}


def binding(world: World, run: str) -> str:
    digest: str = world.json("run", "show", run)["binding_digest"]
    return digest[:12]


# Approving


def test_plans_of_a_label_are_approved_in_one_list_with_one_question(estate: World) -> None:
    code, heard = converse(estate, ["approve", "-l", "env=dev", "-m", "release"], {"Type `yes`": "yes\n"})
    assert code == 0, heard
    assert "Type `yes` to approve these 2 plans" in heard
    for run in ("run-1", "run-2"):
        assert binding(estate, run) in heard
        assert f"{run} of" in heard
    assert "+ terraform_data.it  # will be created" in heard
    assert states(estate) == {"run-1": "approved", "run-2": "approved", "run-3": "awaiting_approval"}
    assert estate.json("run", "show", "1")["approvals"][0]["comment"] == "release"


@pytest.mark.parametrize("answer", ["y\n", "no\n", "\n"])
def test_another_answer_than_yes_approves_none_of_them(estate: World, answer: str) -> None:
    code, heard = converse(estate, ["approve", "run-1", "run-2"], {"Type `yes`": answer})
    assert (code, "nothing was approved" in heard) == (1, True)
    assert set(states(estate).values()) == {"awaiting_approval"}


def test_a_plan_that_changed_behind_the_list_is_left_out_and_reported(estate: World) -> None:
    answers = Meanwhile(lambda: estate.run("plan", "b"), {"Type `yes`": "yes\n"})
    code, heard = converse(estate, ["approve", "run-1", "run-2"], answers)
    assert code == 8
    assert "run-2 is superseded, so it cannot be approved" in heard
    assert states(estate)["run-1"] == "approved"
    assert states(estate)["run-4"] == "awaiting_approval"


def test_a_plan_that_was_approved_while_the_list_was_shown_is_not_rejected(estate: World) -> None:
    answers = Meanwhile(lambda: estate.approve("run-2"), {"Type `yes`": "yes\n"})
    code, heard = converse(estate, ["reject", "run-1", "run-2", "-m", "no"], answers)
    assert (code, "run-2 changed in the meantime; it is now approved" in heard) == (8, True)
    assert states(estate) == {"run-1": "rejected", "run-2": "approved", "run-3": "awaiting_approval"}


def test_without_a_terminal_each_plan_is_named_with_its_digest(estate: World) -> None:
    refused = estate.run("approve", "-l", "env=dev", "--yes", expect=64)
    one, two = binding(estate, "run-1"), binding(estate, "run-2")
    command = f"approve run-1@{one} run-2@{two} --yes"
    assert f"hint: driftline {command}" in refused.stderr
    assert set(states(estate).values()) == {"awaiting_approval"}
    estate.run(*command.split())
    assert states(estate) == {"run-1": "approved", "run-2": "approved", "run-3": "awaiting_approval"}


def test_a_digest_of_another_plan_stops_its_own_run_only(estate: World) -> None:
    plans = [f"run-1@{'0' * 12}", f"run-2@{binding(estate, 'run-2')}"]
    text = estate.run("approve", *plans, "--yes", expect=8)
    assert "the plan of run-1 is" in text.stderr
    assert states(estate)["run-1"] == "awaiting_approval"
    assert states(estate)["run-2"] == "approved"


def test_a_digest_stands_for_one_plan_only(estate: World) -> None:
    digest = binding(estate, "run-1")
    for words in (["run-1", "run-2"], ["-l", "env=dev"], [f"run-1@{digest}"]):
        estate.run("approve", *words, "--digest", digest, "--yes", expect=64)
    assert set(states(estate).values()) == {"awaiting_approval"}
    estate.run("approve", f"run-1@{digest}", "--yes")


def test_answers_to_guard_rails_are_not_given_to_a_list(estate: World) -> None:
    for words in (["--accept-destroys", "1"], ["--accept-large"], ["--confirm", "a"]):
        estate.run("approve", "run-1", "run-2", *words, expect=64)


@pytest.fixture
def protected(tmp_path: Path) -> World:
    """`a` would be destroyed although it is protected, as run-3; run-2 of `b` is a plain plan."""
    return begun(tmp_path, _protected, config="approvals: {author_may_approve: true}")


def _protected(world: World) -> None:
    labelled(world, "a", "dev", PROTECTED)
    world.applied("a")
    labelled(world, "b", "dev")
    world.run("plan", "b")
    world.run("plan", "a", "--destroy")


def test_a_list_asks_for_the_name_of_what_is_protected(protected: World) -> None:
    answers = {"Type `yes` to approve this plan": "yes\n", "Type `a` to approve this plan too": "a\n"}
    code, heard = converse(protected, ["approve", "-l", "env=dev"], answers)
    assert (code, "but it is protected" in heard) == (0, True), heard
    assert states(protected) == {"run-1": "applied", "run-2": "approved", "run-3": "approved"}


@pytest.mark.parametrize("typed", ["yes\n", "b\n", "\n"])
def test_a_protected_plan_whose_name_is_not_typed_is_left_out(protected: World, typed: str) -> None:
    answers = {"Type `yes` to approve this plan": "yes\n", "Type `a` to approve this plan too": typed}
    code, heard = converse(protected, ["approve", "-l", "env=dev"], answers)
    assert (code, "nothing was approved for a" in heard) == (1, True), heard
    assert states(protected) == {"run-1": "applied", "run-2": "approved", "run-3": "awaiting_approval"}


def test_a_protected_plan_is_left_out_where_nobody_can_type(protected: World) -> None:
    plans = [f"{run}@{binding(protected, run)}" for run in ("run-2", "run-3")]
    said = protected.run("approve", *plans, "--yes", expect=8)
    assert "approve this run separately" in said.stderr
    assert states(protected) == {"run-1": "applied", "run-2": "approved", "run-3": "awaiting_approval"}


def test_a_guard_rail_stops_its_own_run_only(tmp_path: Path) -> None:
    world = World(tmp_path, more="guardrails: {max_changes: 1}")
    labelled(world, "a", "dev")
    labelled(world, "b", "dev", module=MODULE + 'resource "terraform_data" "other" {{}}\n')
    world.run("plan", "a", "b")
    code, heard = converse(world, ["approve", "run-1", "run-2"], {"Type `yes`": "yes\n"})
    assert (code, "max_changes is 1" in heard) == (8, True)
    assert states(world) == {"run-1": "approved", "run-2": "awaiting_approval"}


def test_a_long_plan_in_a_list_says_how_to_see_the_rest(tmp_path: Path) -> None:
    world = World(tmp_path)
    many = "".join(f'resource "terraform_data" "r{n}" {{{{}}}}\n' for n in range(12))
    labelled(world, "a", "dev", module=many)
    labelled(world, "b", "dev")
    world.run("plan", "a", "b")
    shown = world.run("approve", "run-1", "run-2", expect=64).stdout
    assert "2 more changes and all values not shown; see   driftline run diff run-1" in shown
    assert shown.count("# will be created") == 10 + 1


def test_an_unknown_label_is_not_found_and_one_without_plans_does_nothing(estate: World) -> None:
    assert (
        "no stacks have the label env=staging" in estate.run("approve", "-l", "env=staging", expect=5).stderr
    )
    estate.run("reject", "3", "-m", "no")
    assert "No runs of these stacks" in estate.run("approve", "-l", "env=prod").stderr
    assert estate.json("approve", "-l", "env=prod") == []


@pytest.mark.parametrize(
    "command",
    [["approve"], ["apply"], ["reject", "-m", "x"], ["plan"], ["pause", "-m", "x"], ["resume"]],
)
def test_names_and_labels_are_not_mixed_and_not_both_left_out(estate: World, command: list[str]) -> None:
    name = "run-1" if command[0] in {"approve", "apply", "reject"} else "a"
    estate.run(*command, expect=64)
    estate.run(*command, name, "-l", "env=dev", expect=64)


# Rejecting


def test_plans_are_rejected_in_one_list_with_one_question(estate: World) -> None:
    words = ["reject", "-l", "env=dev", "-m", "not on a Friday"]
    code, heard = converse(estate, words, {"Type `yes`": "yes\n"})
    assert (code, "Type `yes` to reject these 2 plans" in heard) == (0, True)
    assert states(estate) == {"run-1": "rejected", "run-2": "rejected", "run-3": "awaiting_approval"}
    assert estate.json("run", "show", "2")["reason"] == "not on a Friday"


def test_a_run_that_cannot_be_rejected_does_not_stop_the_others(estate: World) -> None:
    estate.run("run", "cancel", "1")
    rejected = estate.run("reject", "1", "99", "2", "-m", "no", expect=8)
    assert "run-1 is canceled, so it cannot be rejected" in rejected.stderr
    assert "run-99 not found" in rejected.stderr
    assert states(estate)["run-2"] == "rejected"


def test_several_rejected_runs_are_a_list_and_one_is_a_document(estate: World) -> None:
    assert [run["id"] for run in estate.json("reject", "1", "2", "-m", "no")] == ["run-1", "run-2"]
    assert estate.json("reject", "3", "-m", "no")["id"] == "run-3"


# Planning


def test_stacks_of_a_label_are_planned_as_they_are_in_the_newest_revision(estate: World) -> None:
    labelled(estate, "c", "dev")
    planned = estate.json("plan", "-l", "env=dev")
    assert [run["stack"] for run in planned] == ["a", "b", "c"]


def test_planning_by_label_asks_on_a_terminal(estate: World) -> None:
    code, heard = converse(estate, ["plan", "-l", "env=dev"], {"Type `yes` to plan these 2 stacks": "no\n"})
    assert (code, "nothing was planned" in heard) == (1, True)
    assert len(states(estate)) == 3


def test_checks_are_chosen_by_label_too(estate: World) -> None:
    estate.approve("run-1")
    estate.run("apply", "run-1")
    assert [entry["stack"] for entry in estate.json("drift", "check", "-l", "env=dev")["stacks"]] == ["a"]


# Pausing


def health(world: World) -> dict[str, str]:
    return {stack["name"]: stack["health"] for stack in world.json("stack", "list")}


def test_stacks_of_a_label_are_paused_and_resumed(estate: World) -> None:
    text = estate.run("pause", "-l", "env=dev", "--for", "4h", "-m", "freeze")
    assert [line.split()[0] for line in text.stdout.splitlines()] == ["STACK", "a", "b"]
    assert "a is paused until 20" in text.stderr
    assert health(estate) == {"a": "paused", "b": "paused", "p": "ok"}
    assert estate.run("plan", "-l", "env=dev", expect=3).stderr.count("is paused by") == 2
    estate.run("resume", "-l", "env=dev")
    assert set(health(estate).values()) == {"ok"}
    assert "No paused stacks have this label." in estate.run("resume", "-l", "env=dev").stderr


def test_pausing_several_asks_once_on_a_terminal(estate: World) -> None:
    words = ["stack", "pause", "a", "b", "--reason", "freeze"]
    code, heard = converse(estate, words, {"Type `yes` to pause these 2 stacks": "yes\n"})
    assert (code, "a is paused until it is resumed." in heard) == (0, True)
    code, _ = converse(estate, ["pause", "a", "p", "--for", "1h", "-m", "x"], {"Type `yes`": "no\n"})
    assert code == 1
    assert health(estate)["p"] == "ok"


def test_a_stack_that_is_not_known_is_reported_before_anything_is_paused(estate: World) -> None:
    estate.run("pause", "a", "nope", "-m", "x", expect=5)
    assert health(estate)["a"] == "ok"


def test_a_second_pause_without_an_end_keeps_the_end_of_the_first(estate: World) -> None:
    estate.run("pause", "a", "--for", "4h", "-m", "freeze")
    end = estate.json("stack", "show", "a")["pause"]["until"]
    text = estate.run("pause", "a", "-m", "still frozen").stderr
    assert "a stays paused until 20" in text
    pause = estate.json("stack", "show", "a")["pause"]
    assert (pause["until"], pause["reason"]) == (end, "still frozen")
    estate.run("pause", "a", "--until", "2090-12-24", "-m", "long")
    assert estate.json("stack", "show", "a")["pause"]["until"] == "2090-12-24T23:59:59Z"


def test_a_pause_that_is_over_gives_no_end_to_the_next_one(estate: World) -> None:
    estate.run("pause", "a", "--for", "0s", "-m", "over at once")
    assert "until it is resumed" in estate.run("pause", "a", "-m", "now").stderr
    assert estate.json("stack", "show", "a")["pause"]["until"] is None


def test_a_pause_ends_at_one_time_that_is_not_over(estate: World) -> None:
    estate.run("pause", "a", "-m", "x", "--for", "4h", "--until", "2090-12-24", expect=64)
    estate.run("pause", "a", "-m", "x", "--until", "2020-12-24", expect=64)


def test_a_paused_stack_is_not_checked_also_not_by_hand(estate: World) -> None:
    estate.approve("run-1")
    estate.run("apply", "run-1")
    estate.run("pause", "a", "-m", "freeze")
    for words in (["a"], ["--all"], ["-l", "env=dev"]):
        (entry,) = estate.json("drift", "check", *words)["stacks"]
        assert entry["result"] == "skipped"
        assert "paused by root: freeze" in entry["reason"]


def test_what_is_queued_does_not_begin_in_a_pause_and_is_due_after_it(estate: World) -> None:
    estate.run("reject", "1", "-m", "again")
    labelled(estate, "a", "dev", module=MODULE + 'resource "terraform_data" "more" {{}}\n')
    estate.run("source", "sync")
    from runner.service.queue.enqueue import enqueue_due

    enqueue_due(estate.app.store, estate.app.clock, ())
    assert states(estate)["run-4"] == "queued"
    estate.run("pause", "a", "-m", "freeze")
    assert states(estate)["run-4"] == "superseded"
    estate.run("daemon", "--once")
    assert "run-5" not in states(estate)
    estate.run("resume", "a")
    estate.run("daemon", "--once")
    assert states(estate)["run-5"] == "awaiting_approval"


def test_a_stack_that_git_pauses_says_that_resuming_it_changes_nothing(estate: World) -> None:
    labelled(estate, "a", "dev", "paused: true\n")
    estate.run("source", "sync")
    assert "its definition in Git says paused: true" in estate.run("resume", "a").stderr
