"""Who wrote what a plan would execute may not approve it, until somebody else has said yes to that very code."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from beginnings import Beginnings
from remote.signing import SshKey
from test_authors_of_a_new_stack import approved, commit, git, planned, refused
from world import ANA, DATA, World

from runner.model.approval.approval import Person
from runner.model.run.life import Run, State
from runner.model.stack.definition import Sync
from runner.service.operator import report
from runner.service.operator.request import request_check, request_plan

JOB = """\
resource "terraform_data" "job" {
  triggers_replace = %s
  provisioner "local-exec" {
    command = "%s"
  }
}
"""
LATER = """\
resource "terraform_data" "late" {
  count = fileexists("%s") ? 1 : 0
}
"""
STACK = {"web/stack.yaml": "name: web\n"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return with_commands(tmp_path)


@pytest.fixture
def reviewed(beginnings: Beginnings) -> Iterator[World]:
    """What bo wrote is applied, since ana approved it."""
    with beginnings.lent(apply_of_bo, with_commands) as world:
        yield world


def apply_of_bo(world: World) -> None:
    commit(world, "bo", {**STACK, "web/main.tf": DATA.format(value="one")})
    applied(world)


def with_commands(root: Path) -> World:
    made = World(root)
    own = f'url: "{made.repository}"'
    made.config.write_text(made.config.read_text().replace(own, f"{own}, allow: {{provisioners: true}}"))
    return made


def applied(world: World, who: str = "ana") -> Run:
    run = planned(world)
    approved(world, run, who)
    (done,) = world.work()
    assert done.state is State.APPLIED
    return done


def nothing_planned(world: World) -> None:
    world.poll()
    (run,) = world.work()
    assert run.state is State.NO_CHANGES
    assert world.look().sync is Sync.SYNCED


def test_a_command_stays_its_authors_when_somebody_else_makes_it_run(
    world: World,
) -> None:
    commit(world, "bo", {**STACK, "web/main.tf": JOB % (1, "true")})
    applied(world)
    commit(world, "mallory", {"web/main.tf": JOB % (1, "id")})
    nothing_planned(world)
    commit(world, "bo", {"web/main.tf": JOB % (2, "id")})
    run = planned(world)
    refused(world, run, "mallory", "bo")
    approved(world, run, "ana")


def test_code_that_another_person_approved_no_longer_counts_once_applied(world: World) -> None:
    commit(world, "bo", {**STACK, "web/main.tf": JOB % (1, "true")})
    applied(world)
    commit(world, "carl", {"web/main.tf": JOB % (2, "true")})
    applied(world)
    commit(world, "bo", {"web/main.tf": JOB % (3, "true")})
    run = planned(world)
    refused(world, run, "bo")
    approved(world, run, "carl")


def test_the_author_of_code_that_only_a_heal_executes_cannot_approve_it(reviewed: World) -> None:
    trigger = reviewed.root / "go"
    commit(reviewed, "mallory", {"web/main.tf": DATA.format(value="one") + LATER % trigger})
    nothing_planned(reviewed)
    trigger.write_text("x")
    request_check(reviewed.app.control, ["web"], Person("mallory", "user"))
    reviewed.work()
    found = reviewed.report()
    assert found is not None
    report.heal(reviewed.app.control, found.id, Person("mallory", "user"))
    (run,) = reviewed.work()
    assert run.state is State.AWAITING_APPROVAL
    refused(reviewed, run, "mallory")
    approved(reviewed, run, "ana")


def test_what_was_applied_by_a_rule_alone_was_reviewed_by_nobody(reviewed: World) -> None:
    automatic = {"web/stack.yaml": "name: web\napply: {mode: automatic}\n"}
    commit(reviewed, "bo", {**automatic, "web/main.tf": DATA.format(value="two")})
    applied(reviewed)
    commit(reviewed, "mallory", {"web/main.tf": DATA.format(value="three")})
    reviewed.poll()
    assert [run.state for run in reviewed.work()] == [State.APPROVED, State.APPLIED]
    commit(reviewed, "bo", {"web/main.tf": "# nothing left\n"})
    run = planned(reviewed)
    refused(reviewed, run, "mallory", "bo")
    approved(reviewed, run, "ana")


def test_a_yes_of_the_author_where_that_is_allowed_is_no_review(tmp_path: Path) -> None:
    world = World(tmp_path, "approvals: {author_may_approve: true}\n")
    commit(world, "mallory", {**STACK, "web/main.tf": DATA.format(value="one")})
    applied(world, "mallory")
    world.config.write_text(world.config.read_text().replace("author_may_approve: true", "required: 1"))
    world.app.store.close()
    del world.__dict__["app"]
    commit(world, "bo", {"web/main.tf": DATA.format(value="two")})
    run = planned(world)
    refused(world, run, "mallory", "bo")
    approved(world, run, "ana")


def test_unused_code_is_its_authors_when_the_stack_starts_to_use_it(reviewed: World) -> None:
    commit(reviewed, "mallory", {"modules/m/main.tf": DATA.format(value="one")})
    commit(
        reviewed,
        "bo",
        {"web/main.tf": DATA.format(value="two") + 'module "m" {\n  source = "../modules/m"\n}\n'},
    )
    run = planned(reviewed)
    refused(reviewed, run, "mallory", "bo")
    approved(reviewed, run, "ana")


def test_an_older_revision_than_the_reviewed_one_was_reviewed_by_nobody(reviewed: World) -> None:
    commit(reviewed, "mallory", {"web/main.tf": DATA.format(value="evil")})
    commit(reviewed, "bo", {"web/main.tf": DATA.format(value="two")})
    applied(reviewed)
    run = request_plan(reviewed.app.control, reviewed.app.discoverer, "web", ANA, ref="HEAD~1")
    (run,) = reviewed.work()
    assert run.state is State.AWAITING_APPROVAL
    refused(reviewed, run, "mallory")


def test_an_author_who_amends_the_name_away_is_still_known(reviewed: World) -> None:
    commit(reviewed, "mallory", {"web/main.tf": DATA.format(value="two")})
    planned(reviewed)
    (reviewed.repository / "web/main.tf").write_text(DATA.format(value="two") + "# tidy\n")
    git(reviewed, "bo", "commit", "--quiet", "--all", "--amend", "--reset-author", "-m", "by bo")
    run = planned(reviewed)
    refused(reviewed, run, "mallory", "bo")
    approved(reviewed, run, "ana")


def test_a_name_in_a_co_author_trailer_counts_as_its_address_does(reviewed: World) -> None:
    (reviewed.repository / "web/main.tf").write_text(DATA.format(value="two"))
    git(reviewed, "bo", "add", "--all")
    git(reviewed, "bo", "commit", "--quiet", "-m", "x\n\nCo-authored-by: mallory <m@example.org>")
    run = planned(reviewed)
    refused(reviewed, run, "mallory")


def test_a_mailmap_in_the_repository_renames_nobody(world: World) -> None:
    mapped = {".mailmap": "Bo <bo@example.com> mallory <mallory@example.com>\n"}
    commit(world, "mallory", {**mapped, **STACK, "web/main.tf": DATA.format(value="one")})
    refused(world, planned(world), "mallory")


@pytest.mark.parametrize("encoding", ["IBM037", "UTF-16", "nonsense", "ISO-8859-1"])
def test_an_encoding_that_a_commit_claims_hides_no_name(reviewed: World, encoding: str) -> None:
    (reviewed.repository / "web/main.tf").write_text(DATA.format(value="two"))
    git(reviewed, "bo", "add", "--all")
    git(reviewed, "jürgen", "-c", f"i18n.commitEncoding={encoding}", "commit", "--quiet", "-m", "x")
    run = planned(reviewed)
    refused(reviewed, run, "jürgen")
    approved(reviewed, run, "ana")


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen on PATH")
def test_who_signed_a_commit_under_another_name_is_one_of_its_people(tmp_path: Path) -> None:
    key = SshKey.made(tmp_path, "mallory")
    allowed = tmp_path / "allowed"
    allowed.write_text(key.line("mallory@example.com"))
    world = World(tmp_path, "approvals: {people: {mal: [mallory@example.com]}}\n")
    own = f'url: "{world.repository}"'
    verify = f"{own}, verify: {{mode: since_applied, allowed_signers: {allowed}}}"
    world.config.write_text(world.config.read_text().replace(own, verify))
    for word in ("gpg.format=ssh", f"user.signingkey={key.path}", "commit.gpgsign=true"):
        git(world, "bo", "config", *word.split("="))
    commit(world, "bo", {**STACK, "web/main.tf": DATA.format(value="one")})
    # The signature of this one alone is judged when the source is taken in for the first time.
    commit(world, "bo", {"web/main.tf": DATA.format(value="two")})
    run = planned(world)
    refused(world, run, "mal", "bo")
    approved(world, run, "ana")
    world.work()
    commit(world, "bo", {"web/main.tf": DATA.format(value="three")})
    run = planned(world)
    refused(world, run, "mal", "bo")
    approved(world, run, "ana")
