"""The whole tour as a person walks it: real git, real terraform, no daemon."""

import time
from pathlib import Path

import pytest
from cli_shapes import fits
from cli_world import MODULE, World

PROTECTED = 'apply: {protect: ["terraform_data.it"]}\n'
OTHER = MODULE.replace('"it"', '"other"').replace(".it.", ".other.")


def test_from_a_fresh_installation_to_healed_drift(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("prod/vpc")

    planned = world.run("plan", "prod/vpc")
    assert "+ terraform_data.it" in planned.stdout
    assert "driftline approve run-1" in planned.stderr
    world.approve("run-1")
    applied = world.run("apply", "run-1")
    assert 'it = "hello\\n"' in applied.stdout
    (stack,) = world.json("stack", "list")
    assert (stack["sync"], stack["drift"], stack["health"]) == ("synced", "clean", "ok")
    world.run("drift", "check", "prod/vpc")

    world.cloud.write_text("by hand\n")
    found = world.json("drift", "check", "--all", expect=2)
    assert found["stacks"][0]["result"] == "drifted"
    assert "by hand" in world.run("drift", "show", "dr-1").stdout

    healing = world.json("drift", "heal", "dr-1")[0]
    world.approve(healing["id"])
    world.run("apply", healing["id"])
    world.run("drift", "check", "--all")
    (report,) = world.json("drift", "list", "--all")
    assert report["status"] == "resolved"
    assert world.json("drift", "list") == []
    assert "Nothing needs you" in world.run("status").stdout


def test_every_json_document_has_the_shape_that_outsiders_rely_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("prod/vpc")
    world.stack("prod/app")
    world.applied("prod/vpc")
    world.run("plan", "prod/app")
    world.cloud.write_text("by hand\n")
    fits("drift check", world.json("drift", "check", "prod/vpc", "prod/app", expect=2))
    world.run("lock", "take", "prod/vpc", "--reason", "maintenance")
    for command in ("stack list", "run list", "drift list", "lock list", "status"):
        document = world.json(*command.split())
        assert document, command
        fits(command, document)


def test_detailed_exitcode_tells_changes_from_none(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.run("plan", "app", "--detailed-exitcode", expect=2)
    world.applied("app")
    assert "no changes" in world.run("plan", "app", "--detailed-exitcode").stdout


def test_a_plan_that_fails_shows_terraforms_words_with_their_place(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app", module='resource "terraform_data" "it" {{ input = nothing.here }}\n')
    failed = world.run("plan", "app", expect=1)
    assert "Reference to undeclared resource" in failed.stderr
    assert "main.tf line 1" in failed.stderr
    assert "could not be planned" in failed.stderr
    assert failed.stdout == ""


def test_one_stack_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("good")
    told = world.run("plan", "nope", "good", "--detailed-exitcode", expect=5)
    assert "+ terraform_data.it" in told.stdout


def test_plan_takes_in_what_was_pushed_a_moment_ago(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.applied("app")
    pushed = world.commit({"app/more.tf": OTHER.format(cloud=world.cloud)})
    (planned,) = world.json("plan", "app")
    assert planned["revision"] == pushed
    assert [r["address"] for r in planned["changes"]["resources"]] == ["terraform_data.other"]


def test_an_older_revision_can_be_planned(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.stack("app")
    world.commit({"app/more.tf": OTHER.format(cloud=world.cloud)})
    world.run("source", "sync")
    (planned,) = world.json("plan", "app", "--ref", first)
    assert planned["revision"] == first
    assert planned["summary"]["create"] == 1


def test_targets_and_destroy_reach_terraform(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app", module=MODULE + OTHER)
    (targeted,) = world.json("plan", "app", "--target", "terraform_data.other")
    assert targeted["summary"]["create"] == 1
    assert targeted["changes"]["complete"] is False
    world.applied("app")
    (destroying,) = world.json("plan", "app", "--destroy")
    assert (destroying["kind"], destroying["summary"]["delete"]) == ("destroy", 2)


def test_no_wait_queues_and_prints_the_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    queued = world.run("plan", "app", "--no-wait")
    assert queued.stdout == "run-1\n"
    late = world.run("run", "wait", "run-1", "--timeout", "0s", expect=7)
    assert "still queued" in late.stderr
    world.run("daemon", "--once")
    world.run("run", "wait", "run-1", "--until", "planned")


# Approval


def planned(tmp_path: Path, stack: str = "", config: str = "") -> World:
    world = World(tmp_path, more=config)
    world.stack("app", stack)
    world.run("plan", "app")
    return world


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ([], 64, "no terminal to ask on"),
        (["--yes"], 64, "needs --digest"),
        (["--yes", "--digest", "abc"], 64, "at least 8 characters"),
        (["--yes", "--digest", "0" * 12], 3, "has the plan"),
    ],
)
def test_a_yes_to_something_unseen_is_refused(tmp_path: Path, words: list[str], code: int, told: str) -> None:
    world = planned(tmp_path)
    assert told in world.run("approve", "1", *words, expect=code).stderr
    assert world.json("run", "show", "1")["state"] == "awaiting_approval"


def test_approving_shows_who_what_and_the_marks_of_the_plan(tmp_path: Path) -> None:
    world = planned(tmp_path, stack="apply: {approvals: 2}\n")
    run = world.json("run", "show", "1")
    shown = world.run("approve", "run-1", "--digest", run["plan_digest"][:12], "--yes", "-m", "looks right")
    for fact in ("Ana Author <ana@example.com>", "stack app", "0 of 2", "+ terraform_data.it"):
        assert fact in shown.stdout
    assert run["plan_digest"][:12] in shown.stdout
    assert run["fingerprint"][:12] in shown.stdout
    assert "waits for 1 more" in shown.stderr
    assert world.json("run", "show", "1")["approvals"][0]["comment"] == "looks right"


def test_a_run_that_is_not_approved_is_not_applied(tmp_path: Path) -> None:
    world = planned(tmp_path)
    refused = world.run("apply", "1", expect=3)
    assert "run-1 has 0 of 1 approvals" in refused.stderr
    assert "driftline approve run-1" in refused.stderr


def test_a_rejected_plan_is_neither_approved_nor_applied(tmp_path: Path) -> None:
    world = planned(tmp_path)
    digest = world.json("run", "show", "1")["plan_digest"]
    world.run("reject", "1", "-m", "not on a Friday")
    assert world.json("run", "show", "1")["reason"] == "not on a Friday"
    world.run("approve", "1", "--yes", "--digest", digest, expect=3)
    world.run("apply", "1", expect=3)


def test_what_is_protected_needs_the_name_of_the_stack(tmp_path: Path) -> None:
    world = World(tmp_path, more="approvals: {author_may_approve: true}")
    world.stack("app", PROTECTED)
    world.applied("app")
    (run,) = world.json("plan", "app", "--destroy")
    answer = ["approve", run["id"], "--yes", "--digest", run["plan_digest"]]
    refused = world.run(*answer, expect=3)
    assert "terraform_data.it would be destroyed" in refused.stdout
    assert "--confirm app" in refused.stderr
    world.run(*answer, "--confirm", "ap", expect=3)
    world.run(*answer, "--confirm", "app")


def test_a_broken_guard_rail_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    world = planned(tmp_path, config="guardrails: {max_changes: 0}")
    digest = world.json("run", "show", "1")["plan_digest"]
    refused = world.run("approve", "1", "--yes", "--digest", digest, expect=3)
    assert "max_changes is 0" in refused.stderr
    assert refused.stdout == ""


# Apply


def test_an_old_plan_that_would_do_something_else_now_is_not_applied_and_both_are_shown(
    tmp_path: Path,
) -> None:
    world = planned(tmp_path, config="apply: {fresh_for: 0s}")
    world.approve("run-1")
    world.cloud.write_text("meanwhile\n")
    refused = world.run("apply", "run-1", expect=3)
    assert "Approved in run-1" in refused.stdout
    assert "hello" in refused.stdout
    assert "Now it would be" in refused.stdout
    assert "meanwhile" in refused.stdout
    assert world.json("run", "show", "1")["state"] == "superseded"
    assert "meanwhile" in world.run("run", "diff", "run-1").stdout


def test_an_old_plan_that_would_still_do_the_same_is_applied(tmp_path: Path) -> None:
    world = planned(tmp_path, config="apply: {fresh_for: 0s}")
    world.approve("run-1")
    world.run("apply", "run-1")
    assert world.json("run", "show", "1")["state"] == "applied"


def test_an_apply_that_fails_says_that_the_stack_stays_locked(tmp_path: Path) -> None:
    world = World(tmp_path, more="engines: {}")
    world.stack(
        "app",
        module='resource "terraform_data" "it" {{\n  provisioner "local-exec" {{ command = "exit 3" }}\n}}\n',
    )
    world.config.write_text(
        world.config.read_text().replace('repository"}', 'repository", allow: {provisioners: true}}')
    )
    world.run("plan", "app")
    world.approve("run-1")
    failed = world.run("apply", "run-1", expect=1)
    assert "the stack stays locked" in failed.stderr
    assert "driftline lock release app" in failed.stderr
    assert world.json("lock", "list")[0]["holder"] == "run-1"
    world.run("plan", "app", expect=4)
    world.run("lock", "release", "app", "--reason", "looked at it")
    world.run("plan", "app")


# Drift


def test_a_check_that_fails_is_an_error_and_drift_says_more_than_an_error(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("a", module=MODULE)
    other = world.root / "other.txt"
    other.write_text("x\n")
    world.commit({"b/stack.yaml": "name: b\n", "b/main.tf": MODULE.format(cloud=other)})
    world.applied("a")
    world.applied("b")
    other.unlink()
    failed = world.json("drift", "check", "a", "b", expect=1)
    assert [entry["result"] for entry in failed["stacks"]] == ["clean", "error"]
    world.cloud.write_text("by hand\n")
    both = world.json("drift", "check", "--all", expect=2)
    assert (both["checked"], both["drifted"], both["errors"]) == (2, 1, 1)
    stack = {stack["name"]: stack for stack in world.json("stack", "list")}
    assert stack["b"]["health"] == "error"


def test_what_was_never_applied_is_skipped_with_the_reason(tmp_path: Path) -> None:
    world = planned(tmp_path)
    (entry,) = world.json("drift", "check", "app")["stacks"]
    assert (entry["result"], entry["reason"]) == ("skipped", "nothing was applied yet")
    assert world.json("drift", "check", "--all")["stacks"] == []


def test_check_wants_names_or_all(tmp_path: Path) -> None:
    world = planned(tmp_path)
    world.run("drift", "check", expect=64)
    world.run("drift", "check", "app", "--all", expect=64)
    world.run("drift", "check", "nope", expect=5)


def test_an_acknowledged_report_is_listed_and_not_open(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.applied("app")
    world.cloud.write_text("by hand\n")
    world.run("drift", "check", "app", expect=2)
    world.run("drift", "ack", "1", "--until", "2w", "-m", "known")
    (report,) = world.json("drift", "list")
    assert report["status"] == "acknowledged"
    assert world.json("drift", "list", "--open") == []
    assert "root: known (back in 14 d)" in world.run("drift", "list").stdout


# Locks, pauses, logs, artifacts


def test_a_lock_of_a_person_stops_plans_until_it_is_released(tmp_path: Path) -> None:
    world = planned(tmp_path)
    world.run("run", "cancel", "1")
    world.run("lock", "take", "app", "--reason", "maintenance")
    refused = world.run("plan", "app", expect=4)
    assert "maintenance" in refused.stderr
    world.run("lock", "take", "app", "--reason", "again", expect=4)
    world.run("lock", "release", "app", "--reason", "done")
    world.run("lock", "release", "app", "--reason", "done", expect=5)


def test_a_paused_stack_says_why_nothing_happens(tmp_path: Path) -> None:
    world = planned(tmp_path)
    world.run("stack", "pause", "app", "--reason", "freeze", "--for", "4h")
    (stack,) = world.json("stack", "list")
    assert stack["health"] == "paused"
    assert "freeze" in stack["reason"]
    world.run("plan", "app", expect=3)
    world.run("stack", "resume", "app")
    world.run("plan", "app")


def test_the_log_of_a_run_is_printed_and_a_run_without_one_says_so(tmp_path: Path) -> None:
    world = planned(tmp_path)
    assert "terraform_data.it: Plan to create" in world.run("logs", "run-1").stdout
    world.run("plan", "app", "--no-wait")
    empty = world.run("logs", "run-2")
    assert (empty.stdout, "has no log" in empty.stderr) == ("", True)
    world.run("logs", "run-99", expect=5)


def test_a_plan_file_is_written_for_its_owner_alone_and_never_over_another_file(tmp_path: Path) -> None:
    world = planned(tmp_path)
    target = tmp_path / "out.tfplan"
    told = world.run("run", "artifact", "run-1", "plan.tfplan", "--to", str(target))
    assert "holds secrets" in told.stderr
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_bytes()[:2] == b"PK"
    world.run("run", "artifact", "run-1", "plan.tfplan", "--to", str(target), expect=64)
    world.run("run", "artifact", "run-1", "nothing", expect=5)


def test_labels_choose_stacks(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("a")
    world.commit({"b/stack.yaml": "name: b\nlabels: {env: prod, team: x}\n", "b/main.tf": ""})
    world.run("source", "sync")
    assert [s["name"] for s in world.json("stack", "list", "-l", "env=prod", "-l", "team=x")] == ["b"]
    world.run("stack", "list", "-l", "env", expect=64)


def test_history_tells_who_asked_for_what_at_which_revision(tmp_path: Path) -> None:
    world = planned(tmp_path)
    world.run("drift", "check", "app")
    (run,) = world.json("stack", "history", "app")
    assert (run["requested_by"], run["subject"], run["kind"]) == ("root", "stack app", "change")
    world.run("stack", "history", "nope", expect=5)


def test_one_pass_plans_what_moved_and_applies_what_was_approved(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    passed = world.run("daemon", "--once")
    assert "awaiting approval" in passed.stdout
    world.approve("run-1")
    world.run("daemon", "--once")
    assert world.json("stack", "list")[0]["sync"] == "synced"
    assert "Nothing was to do." in world.run("daemon", "--once").stderr


def test_one_pass_in_which_something_fails_does_not_look_fine(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app", module="nonsense {{\n")
    world.run("daemon", "--once", expect=1)


def test_one_pass_that_could_not_see_git_does_not_look_fine(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.repository.rename(tmp_path / "elsewhere")
    assert "source infra" in world.run("daemon", "--once", expect=1).stderr


def test_following_a_log_ends_when_the_run_needs_a_person(tmp_path: Path) -> None:
    world = planned(tmp_path)
    started = time.monotonic()
    assert "Plan to create" in world.run("logs", "-f", "run-1").stdout
    assert time.monotonic() - started < 5
