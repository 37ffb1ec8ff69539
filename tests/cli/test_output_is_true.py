"""What a screen says of a stack, a run or a check is true: it claims no more than is known, and nothing that is over waits."""

from pathlib import Path

import pytest
from cli_world import World, applied, planned

from runner.model.approval.approval import Person
from runner.model.schedule.sweep import Sweep
from runner.service.operator.request import request_check
from runner.store.session import Session
from runner.view.load import sweep_view

BROKEN = 'resource "terraform_data" "it" {{\n  input = nowhere.x\n}}\n'


def row(shown: str, name: str) -> str:
    return next(line for line in shown.splitlines() if line.startswith(name))


def column(shown: str, name: str, head: str) -> str:
    """The cell of a row below this head; every column has one."""
    heads = shown.splitlines()[0]
    begin = heads.index(head)
    following = heads[begin + len(head) :]
    end = begin + len(head) + len(following) - len(following.lstrip()) if following.strip() else None
    return row(shown, name)[begin:end].strip()


def test_a_plan_that_failed_is_not_one_without_changes(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app", module=BROKEN)
    passed = world.run("daemon", "--once", expect=1).stdout
    assert column(passed, "run-1", "CHANGES") == "-"
    for words in (["run", "list"], ["stack", "history", "app"], ["run", "show", "run-1"]):
        assert "no changes" not in world.run(*words).stdout


def test_a_stack_that_left_git_has_no_next_check(tmp_path: Path) -> None:
    world = applied(tmp_path)
    assert world.json("status")["next_check"]["stack"] == "app"
    world.git("rm", "--quiet", "-r", "app")
    world.commit({"empty": ""})
    world.run("source", "sync")
    assert column(world.run("stack", "list").stdout, "app", "NEXT CHECK") == "-"
    assert world.json("status")["next_check"] is None
    assert world.json("stack", "list")[0]["next_check_at"] is None


def test_a_paused_stack_has_no_next_check_until_it_is_resumed(tmp_path: Path) -> None:
    world = applied(tmp_path)
    world.run("pause", "app", "-m", "a holiday")
    assert column(world.run("stack", "list").stdout, "app", "NEXT CHECK") == "-"
    assert world.json("status")["next_check"] is None
    world.run("resume", "app")
    assert world.json("status")["next_check"]["stack"] == "app"


def test_a_source_that_is_away_makes_none_of_its_stacks_ill(tmp_path: Path) -> None:
    world = applied(tmp_path)
    world.repository.rename(tmp_path / "away")
    world.run("source", "sync", expect=None)
    listed = world.run("stack", "list").stdout
    assert column(listed, "app", "HEALTH") == "ok"
    assert "source infra has a problem" in column(listed, "app", "NOTE")
    assert "source infra has a problem" in world.run("stack", "show", "app").stdout
    (shown,) = world.json("stack", "list")
    assert (shown["health"], "source infra has a problem" in shown["reason"]) == ("ok", True)
    (need,) = world.json("status")["needs"]
    assert (need["why"], need["failure"]) == ("source", True)


def test_the_revision_is_the_applied_one_and_then_the_newest(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.stack("app")[:7]
    assert world.run("source", "sync").exit_code == 0
    assert column(world.run("stack", "list").stdout, "app", "REVISION") == f"main@{first}"
    world.applied("app")
    world.commit({"README.md": "nothing of the stack\n"})
    world.run("source", "sync")
    assert column(world.run("stack", "list").stdout, "app", "REVISION") == f"main@{first}"
    moved = world.commit({"app/more.tf": 'resource "terraform_data" "more" {}\n'})[:7]
    world.run("source", "sync")
    assert column(world.run("stack", "list").stdout, "app", "REVISION") == f"main@{first} -> {moved}"


def test_every_column_of_a_list_has_a_head(tmp_path: Path) -> None:
    world = applied(tmp_path)
    world.cloud.write_text("moved\n")
    world.run("drift", "check", "app", expect=2)
    world.run("drift", "ack", "dr-1", "--until", "1w", "-m", "known")
    assert "known" in column(world.run("drift", "list").stdout, "dr-1", "NOTE")
    world.run("stack", "pause", "app", "-m", "a freeze")
    assert "a freeze" in column(world.run("stack", "list").stdout, "app", "NOTE")


def test_the_time_of_a_check_is_that_of_its_work(tmp_path: Path) -> None:
    world = applied(tmp_path)
    request_check(world.app.control, ["app"], Person("ana", "test"))
    # The check waits for a day before anybody does it.
    with world.app.store.writing() as writer:
        assert isinstance(writer, Session)
        writer._do("UPDATE runs SET created_at = '2020-01-01T00:00:00+00:00' WHERE kind = 'drift'")
    (check,) = world.json("drift", "check", "app")["stacks"]
    assert 0 < check["seconds"] < 600


def test_a_sweep_that_is_over_has_nothing_left() -> None:
    assert sweep_view(Sweep(2, 2, seconds=1.0), 1).sentence == "2 of 2 checked, 0 drifted, 0 errors"
    assert "about 1 s left" in sweep_view(Sweep(2, 1, seconds=1.0), 1).sentence


def test_a_stack_that_is_never_applied_waits_for_no_approval(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app", "apply: {mode: never}\n")
    shown = world.run("plan", "app").stderr
    assert "run-1 of app is planned; the rules of this stack forbid applying it" in shown
    for words in (["stack", "list"], ["stack", "show", "app"], ["status"]):
        assert "waits for approval" not in world.run(*words).stdout
    assert "may not be applied: its mode is never (app/stack.yaml" in world.json("stack", "list")[0]["reason"]


def test_a_second_heal_says_how_the_first_goes_on(tmp_path: Path) -> None:
    world = applied(tmp_path)
    world.cloud.write_text("moved\n")
    world.run("drift", "check", "app", expect=2)
    world.run("drift", "heal", "dr-1")
    shown = world.run("drift", "heal", "dr-1", expect=4).stderr
    assert "driftline approve run-3" in shown
    assert "logs -f" not in shown


@pytest.mark.parametrize("words", [["approve", "run-1"], ["approve", "run-1", "--yes"]])
def test_the_approval_of_a_run_that_is_over_is_refused_for_that(tmp_path: Path, words: list[str]) -> None:
    world = planned(tmp_path)
    world.run("reject", "run-1", "-m", "no")
    shown = world.run(*words, expect=3).stderr
    assert "run-1 is rejected, so it cannot be approved" in shown
    assert "terminal" not in shown


def test_a_run_shows_on_which_terms_it_is_approved(tmp_path: Path) -> None:
    shown = planned(tmp_path, stack="apply: {approvals: 2}\n").run("run", "show", "run-1").stdout
    assert "mode          approved (approvals in the server's configuration" in shown
    assert "needs         2 approvals (app/stack.yaml)" in shown


def test_validate_judges_by_the_servers_rules_and_says_where_it_cannot(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack(
        "app",
        module='resource "terraform_data" "it" {{\n  provisioner "local-exec" {{ command = "true" }}\n}}\n',
    )
    refused = world.run("stack", "validate", str(world.repository), expect=None)
    assert refused.exit_code != 0
    assert "allow.provisioners" in refused.stdout
    world.config.write_text(world.config.read_text().replace(f"{tmp_path}/repository", f"{tmp_path}/other"))
    assert (
        "The rules of the source were not checked"
        in world.run("stack", "validate", str(world.repository)).stderr
    )
