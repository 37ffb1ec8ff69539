"""A yes to what was seen, and applying exactly that."""

import json
from pathlib import Path

import pytest
from cli_world import World, applied, planned

PROTECTED = 'apply: {protect: ["terraform_data.it"]}\n'


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        ([], 64, "no terminal to prompt on"),
        (["--yes"], 64, "needs --digest"),
        (["--yes", "--digest", "abc"], 64, "at least 12 characters"),
        (["--yes", "--digest", "0" * 12], 3, "the plan of run-1 is"),
    ],
)
def test_a_yes_to_something_unseen_is_refused(tmp_path: Path, words: list[str], code: int, text: str) -> None:
    world = planned(tmp_path)
    assert text in world.run("approve", "1", *words, expect=code).stderr
    assert world.json("run", "show", "1")["state"] == "awaiting_approval"


def test_approving_shows_who_what_and_the_marks_of_the_plan(tmp_path: Path) -> None:
    # Who asked for a run that needs two may be one of them only where the operator says so.
    world = planned(tmp_path, stack="apply: {approvals: 2}\n", config="approvals: {author_may_approve: true}")
    run = world.json("run", "show", "1")
    shown = world.run("approve", "run-1", "--digest", run["plan_digest"][:12], "--yes", "-m", "looks right")
    for fact in ("Ana Author <ana@example.com>", "stack app", "0 of 2", "+ terraform_data.it"):
        assert fact in shown.stdout
    assert run["plan_digest"][:12] in shown.stdout
    assert run["fingerprint"][:12] in shown.stdout
    assert "needs 1 more" in shown.stderr
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
    world = applied(tmp_path, PROTECTED, config="approvals: {author_may_approve: true}")
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


@pytest.mark.parametrize(
    ("stack", "config", "commands"),
    [
        ("", "guardrails: {max_changes: 0}", ["driftline run show run-1"]),
        ("apply: {mode: never}\n", "", []),
    ],
)
def test_nobody_is_sent_to_approve_what_cannot_be_approved(
    tmp_path: Path, stack: str, config: str, commands: list[str]
) -> None:
    world = World(tmp_path, more=config)
    world.stack("app", stack)
    planned = world.run("plan", "app").stderr
    assert [need["command"] for need in world.json("status")["needs"]] == commands
    for text in (planned, world.run("apply", "run-1", expect=3).stderr):
        assert "hint: driftline run show run-1" in text


def test_who_is_sent_to_approve_is_given_the_answer_to_the_guard_rail(tmp_path: Path) -> None:
    world = applied(tmp_path, config="approvals: {author_may_approve: true}\nguardrails: {max_destroys: 0}\n")
    world.stack("app", module="# nothing left\n")
    passed = world.run("daemon", "--once").stderr
    (need,) = world.json("status")["needs"]
    assert need["command"] == "driftline approve run-2 --accept-destroys 1"
    assert f"hint: {need['command']}" in passed
    digest = world.json("run", "show", "run-2")["plan_digest"]
    world.run(*need["command"].split()[1:], "--yes", "--digest", digest[:12])


def test_the_exact_number_of_destroys_is_accepted_and_shown(
    tmp_path: Path,
) -> None:
    world = applied(tmp_path, config="approvals: {author_may_approve: true}\nguardrails: {max_destroys: 0}\n")
    world.stack("app", module="# nothing left\n")
    (run,) = world.json("plan", "app")
    answer = ["approve", run["id"], "--yes", "--digest", run["plan_digest"][:12]]
    refused = world.run(*answer, expect=3)
    assert f"driftline approve {run['id']} --accept-destroys 1" in refused.stderr
    assert refused.stdout == ""
    world.run(*answer, "--accept-destroys", "2", expect=3)
    shown = world.run(*answer, "--accept-destroys", "1").stdout
    assert run["binding_digest"][:12] in shown
    (given,) = world.json("run", "show", run["id"])["approvals"]
    assert (given["accepted"], given["binding_digest"]) == (["destroys=1"], run["binding_digest"])
    assert "destroys=1" in world.run("run", "show", run["id"]).stdout
    refusals = [row for row in world.json("audit", "log") if row["action"] == "approval.refuse"]
    assert len(refusals) == 2


def test_a_run_shows_all_that_its_approval_is_bound_to(tmp_path: Path) -> None:
    world = planned(tmp_path)
    run = world.json("run", "show", "1")
    bound = run["binding"]
    assert bound["plan_digest"] == run["plan_digest"]
    assert bound["revision"] == run["revision"]
    assert bound["facts"]["engine"] == "terraform"
    assert len(bound["facts"]["binary"]) == 64
    assert run["binding_digest"] in world.run("run", "show", "1").stdout
    # What was seen may be named by this digest too.
    world.run("approve", "1", "--yes", "--digest", run["binding_digest"][:12])


def test_an_old_plan_with_another_effect_is_not_applied_and_both_are_shown(
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


def test_both_plans_are_in_the_one_document_of_an_apply(tmp_path: Path) -> None:
    world = planned(tmp_path, config="apply: {fresh_for: 0s}")
    world.approve("run-1")
    world.cloud.write_text("meanwhile\n")
    run = world.json("apply", "run-1", expect=3)
    assert "hello" in json.dumps(run["changes"])
    assert "meanwhile" in json.dumps(run["planned_again"])


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
