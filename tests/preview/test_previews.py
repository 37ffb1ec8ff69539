"""Pull requests are previewed: what they touch, as it would be after the merge."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pulls_world import PullsWorld, module, previewing

from runner.model.stack.definition import ONLY_IN_PULL_REQUESTS
from runner.model.stack.lock import Lock
from runner.service.preview.look import Previewer


@pytest.fixture
def world(tmp_path: Path) -> PullsWorld:
    return previewing(tmp_path)


def test_a_pull_request_shows_what_its_merge_would_change(world: PullsWorld) -> None:
    world.stack("other")
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    shown = world.shown(7)
    assert [one["stack"] for one in shown["stacks"]] == ["app"]
    assert shown["stacks"][0]["state"] == "planned"
    assert shown["stacks"][0]["summary"]["update"] == 1


def test_a_preview_is_of_the_merge_not_of_the_branch(world: PullsWorld) -> None:
    world.pull(7, {"app/new.tf": 'resource "terraform_data" "new" {}\n'})
    world.commit({"app/other.tf": 'resource "terraform_data" "other" {}\n'})
    world.once()
    preview = world.preview(7)
    assert {one["address"] for one in preview["changes"]["resources"]} == {
        "terraform_data.new",
        "terraform_data.other",
    }


def test_a_stack_that_only_a_pull_request_declares_is_previewed(world: PullsWorld) -> None:
    world.pull(7, {"fresh/stack.yaml": "name: fresh\n", "fresh/main.tf": module("new")})
    world.once()
    assert world.preview(7, "fresh")["summary"]["create"] == 1
    assert [one["name"] for one in world.json("stack", "list")] == ["app"]
    refused = world.run("plan", "fresh", expect=None)
    assert "known only from pull requests" in refused.output


def test_a_merged_newcomer_becomes_a_stack_like_any_other(world: PullsWorld) -> None:
    world.pull(7, {"fresh/stack.yaml": "name: fresh\n", "fresh/main.tf": module("new")})
    world.once()
    world.merge(7)
    world.once()
    assert world.shown(7)["state"] == "merged"
    assert {one["name"] for one in world.json("stack", "list")} == {"app", "fresh"}
    assert world.json("run", "list", "--stack", "fresh", "--state", "awaiting_approval")


def test_a_newer_head_is_planned_instead_of_the_older_one(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("first")})
    world.once()
    first = world.preview(7)["id"]
    world.pull(7, {"app/main.tf": module("second")})
    world.once()
    assert world.preview(7)["id"] != first


def test_a_base_that_moved_elsewhere_plans_nothing_again(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    first, merged = world.preview(7)["id"], world.shown(7)["merged"]
    world.stack("elsewhere")
    world.once()
    assert world.shown(7)["merged"] != merged
    assert world.preview(7)["id"] == first


def test_a_base_that_moved_what_it_touches_is_planned_again(world: PullsWorld) -> None:
    world.pull(7, {"app/new.tf": 'resource "terraform_data" "new" {}\n'})
    world.once()
    first = world.preview(7)["id"]
    world.commit({"app/other.tf": 'resource "terraform_data" "other" {}\n'})
    world.once()
    assert world.preview(7)["id"] != first


def test_a_preview_is_planned_again_after_an_apply_of_its_stack(world: PullsWorld) -> None:
    world.commit({"app/other.tf": 'resource "terraform_data" "other" {}\n'})
    world.pull(7, {"app/new.tf": 'resource "terraform_data" "new" {}\n'})
    world.once()
    first = world.preview(7)
    assert first["summary"]["create"] == 2
    (waiting,) = world.json("run", "list", "--state", "awaiting_approval")
    world.approve(waiting["id"])
    for _ in range(2):
        world.once()
    again = world.preview(7)
    assert (again["summary"]["create"], again["state"]) == (1, "planned")
    world.once()
    assert world.preview(7)["id"] == again["id"]


def test_a_preview_is_planned_again_after_an_apply_that_failed(world: PullsWorld) -> None:
    failing = (
        'resource "terraform_data" "other" {\n  provisioner "local-exec" {\n    command = "false"\n  }\n}\n'
    )
    world.previews = "{}, allow: {provisioners: true}"
    world.configured()
    world.commit({"app/other.tf": failing})
    world.pull(7, {"app/new.tf": 'resource "terraform_data" "new" {}\n'})
    world.once()
    first = world.preview(7)["id"]
    (waiting,) = world.json("run", "list", "--state", "awaiting_approval")
    world.approve(waiting["id"])
    for _ in range(2):
        world.run("daemon", "--once", expect=None)
    assert world.json("run", "show", waiting["id"])["state"] == "apply_failed"
    again = world.preview(7)["id"]
    assert again != first
    world.run("daemon", "--once", expect=None)
    assert world.preview(7)["id"] == again


def test_a_conflict_is_told_and_not_planned(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("mine")})
    world.commit({"app/main.tf": module("theirs")})
    world.once()
    shown = world.shown(7)
    assert (shown["hold"], shown["stacks"]) == ("conflict", [])
    assert "app/main.tf" in shown["reason"]


def test_a_closed_pull_request_ends_its_previews(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    world.git("update-ref", "-d", "refs/pull/7/head")
    world.once()
    assert world.json("pr", "list") == []
    assert world.shown(7)["state"] == "closed"


def test_what_waits_to_be_planned_of_a_closed_request_is_not_planned(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    app = world.app
    source = app.settings.required_source("infra")
    Previewer(app.store, app.discoverer, app.control.clock).look(source)
    waiting = world.preview(7)
    world.git("update-ref", "-d", "refs/pull/7/head")
    world.once()
    run = world.json("run", "show", waiting["id"])
    assert (waiting["state"], run["state"]) == ("queued", "superseded")
    assert run["reason"] == "pull request #7 ended"


def test_stacks_that_only_closed_requests_declared_are_forgotten(world: PullsWorld) -> None:
    world.pull(7, {"fresh/stack.yaml": "name: fresh\n", "fresh/main.tf": module("new")})
    world.once()
    run = world.preview(7, "fresh")["id"]
    store, later = world.app.store, datetime.now(UTC) + timedelta(days=1)
    forgotten = []
    for _ in ("open", "closed", "without its run"):
        with store.writing() as writer:
            writer.prune_runs(later)
            writer.prune_pull_requests(later)
        with store.reading() as reader:
            forgotten.append("fresh" not in {one.name for one in reader.stacks(left=True)})
        world.git("update-ref", "-d", "refs/pull/7/head")
        world.once()
    assert forgotten == [False, True, True]
    assert world.run("run", "show", run, expect=None).exit_code == 5


def test_a_lock_keeps_a_stack_that_only_a_closed_request_declared(world: PullsWorld) -> None:
    world.pull(7, {"fresh/stack.yaml": "name: fresh\n", "fresh/main.tf": module("new")})
    world.once()
    store, later = world.app.store, datetime.now(UTC) + timedelta(days=1)
    with store.writing() as writer:
        writer.place_lock(Lock("fresh", "ana", "hands off", later), by="ana")
    world.git("update-ref", "-d", "refs/pull/7/head")
    world.once()
    with store.writing() as writer:
        writer.prune_runs(later)
        writer.prune_pull_requests(later)
        assert writer.stack("fresh").left == ONLY_IN_PULL_REQUESTS


def test_a_deleted_branch_ends_its_pull_request(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    world.git("branch", "--quiet", "-D", "pull-7")
    world.once()
    assert world.shown(7)["state"] == "closed"


@pytest.mark.parametrize("how", [("--no-ff",), ("--ff-only",), ("--squash",)])
def test_a_merged_pull_request_ends(world: PullsWorld, how: tuple[str, ...]) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    world.merge(7, *how)
    if how == ("--squash",):
        world.git("commit", "--quiet", "--message", "squashed")
    world.once()
    assert world.shown(7)["state"] == "merged"


def test_a_branch_that_is_deleted_with_its_squash_was_merged(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    world.merge(7, "--squash")
    world.git("commit", "--quiet", "--message", "squashed")
    world.git("branch", "--quiet", "-D", "pull-7")
    world.once()
    assert world.shown(7)["state"] == "merged"


def test_the_code_of_a_fork_is_not_run(world: PullsWorld) -> None:
    world.fork(7, {"app/main.tf": module("new")})
    world.once()
    assert world.json("pr", "list") == []
    assert world.json("run", "list", "--kind", "preview") == []


def test_a_request_that_is_not_known_says_how_forks_are(world: PullsWorld) -> None:
    world.fork(7, {"app/main.tf": module("new")})
    world.once()
    assert "forks: approved" in world.run("pr", "show", "7", expect=5).stderr


def test_a_held_request_is_not_said_to_touch_no_stack(tmp_path: Path) -> None:
    world = PullsWorld(tmp_path, previews="{forks: approved}")
    world.stack("app")
    head = world.fork(7, {"app/main.tf": module("new")})
    world.once()
    shown = world.run("pr", "show", "7").output
    assert "touches no stack" not in shown
    assert f"driftline pr allow 7 --source infra --head {head}" in shown


def test_a_request_that_could_not_be_read_is_not_said_to_touch_no_stack(world: PullsWorld) -> None:
    world.pull(7, {"web/stack.yaml": "name: [\n"})
    world.once()
    shown = world.run("pr", "show", "7").output
    assert "web/stack.yaml:" in shown
    assert "touches no stack" not in shown


def test_a_request_says_how_its_previews_are_reviewed(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    assert f"driftline approve {world.preview(7)['id']}" in world.run("pr", "show", "7").output


def test_a_request_says_who_reviewed_its_previews(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    preview = world.preview(7)
    world.run("approve", preview["id"], "--digest", preview["binding_digest"], "--yes")
    (row,) = world.shown(7)["stacks"]
    (given,) = world.preview(7)["approvals"]
    assert row["reviewed_by"] == [given["by"]]
    assert given["by"] in world.run("pr", "show", "7").output


def test_reviews_of_several_previews_are_not_said_to_be_applied(world: PullsWorld) -> None:
    world.stack("web")
    world.once()
    world.pull(7, {"app/main.tf": module("new"), "web/main.tf": module("new")})
    world.once()
    previews = [world.preview(7, stack) for stack in ("app", "web")]
    said = world.run("approve", *(f"{one['id']}@{one['binding_digest']}" for one in previews), "--yes")
    assert "counts for the plan of the merge" in said.output
    assert "plan -" not in said.output
    assert "driftline daemon --once" not in said.output


def test_a_fork_is_planned_once_a_person_allows_this_head(tmp_path: Path) -> None:
    world = PullsWorld(tmp_path, previews="{forks: approved}")
    world.stack("app")
    head = world.fork(7, {"app/main.tf": module("new")})
    world.once()
    assert world.shown(7)["hold"] == "fork"
    world.run("pr", "allow", "7", "--head", head)
    world.once()
    assert world.preview(7)["state"] == "planned"
    world.git("branch", "pull-7", head)
    world.fork(7, {"app/main.tf": module("newer")})
    world.once()
    assert world.shown(7)["hold"] == "fork"


def test_another_head_than_the_one_that_was_read_is_not_allowed(tmp_path: Path) -> None:
    world = PullsWorld(tmp_path, previews="{forks: approved}")
    world.stack("app")
    world.fork(7, {"app/main.tf": module("new")})
    world.once()
    refused = world.run("pr", "allow", "7", "--head", "f" * 40, expect=None)
    assert refused.exit_code == 4
    assert world.shown(7)["hold"] == "fork"


def test_an_allowed_head_of_a_fork_is_not_planned_where_forks_never_are(tmp_path: Path) -> None:
    world = PullsWorld(tmp_path, previews="{forks: approved}")
    world.stack("app")
    head = world.fork(7, {"app/main.tf": module("new")})
    world.once()
    world.run("pr", "allow", "7", "--head", head)
    world.previews = "{forks: never}"
    world.configured()
    world.once()
    assert world.json("run", "list", "--kind", "preview") == []
    shown = world.shown(7)
    assert (shown["hold"], shown["reason"].endswith("forks are not planned")) == ("fork", True)


@pytest.mark.parametrize("length", [0, 1, 11])
def test_a_fork_is_allowed_only_by_a_head_that_means_one_commit(tmp_path: Path, length: int) -> None:
    world = PullsWorld(tmp_path, previews="{forks: approved}")
    world.stack("app")
    head = world.fork(7, {"app/main.tf": module("new")})
    world.once()
    assert world.run("pr", "allow", "7", "--head", head[:length], expect=None).exit_code == 64
    assert world.shown(7)["allowed_by"] is None


def test_only_the_newest_pull_requests_are_planned(tmp_path: Path) -> None:
    world = PullsWorld(tmp_path, previews="{max: 1}")
    world.stack("app")
    world.pull(7, {"app/main.tf": module("seven")})
    world.pull(8, {"app/main.tf": module("eight")})
    world.once()
    assert world.shown(8)["stacks"][0]["state"] == "planned"
    assert world.shown(7)["hold"] == "limit"


def test_only_so_many_stacks_of_a_request_are_planned(tmp_path: Path) -> None:
    world = PullsWorld(tmp_path, previews="{max_stacks: 1}")
    world.stack("app")
    world.pull(
        7, {"app/main.tf": module("new"), "fresh/stack.yaml": "name: fresh\n", "fresh/main.tf": module("")}
    )
    world.once()
    assert [one["stack"] for one in world.shown(7)["stacks"]] == ["app"]
    assert world.shown(7)["unplanned"] == 1
    told = "1 more stack is touched and not planned (previews.max_stacks)"
    assert told in world.run("pr", "show", "7").output
    world.previews = "{max_stacks: 2}"
    world.configured()
    world.once()
    assert [one["stack"] for one in world.shown(7)["stacks"]] == ["app", "fresh"]
    assert world.shown(7)["unplanned"] == 0


def test_a_preview_names_its_request(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    run = world.preview(7)
    assert run["pull_request"] == {"source": "infra", "number": 7}
    assert "driftline pr show 7 --source infra" in world.run("run", "show", run["id"]).output


def test_a_request_of_no_fork_needs_not_be_allowed(world: PullsWorld) -> None:
    head = world.pull(7, {"app/main.tf": module("new")})
    world.once()
    refused = world.run("pr", "allow", "7", "--head", head, expect=4)
    assert "is from no fork" in refused.output


def test_a_stack_that_a_pull_request_breaks_is_told_with_its_place(world: PullsWorld) -> None:
    world.pull(7, {"app/stack.yaml": "name: app\nunknown: 1\n"})
    world.once()
    (stack,) = world.shown(7)["stacks"]
    assert stack["run"] is None
    assert "app/stack.yaml:2" in stack["problem"]


def test_a_stack_that_a_pull_request_removes_is_told(world: PullsWorld) -> None:
    world.git("checkout", "--quiet", "-b", "pull-7")
    world.git("rm", "--quiet", "-r", "app")
    world.git("commit", "--quiet", "--message", "remove app")
    world.git("update-ref", "refs/pull/7/head", "HEAD")
    world.git("checkout", "--quiet", "main")
    world.once()
    assert world.shown(7)["stacks"][0]["problem"] == "it would leave Git; its resources stay"


def test_a_plan_that_fails_is_shown_at_its_pull_request(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": 'resource "nothing_known" "it" {}\n'})
    world.once()
    assert world.shown(7)["stacks"][0]["state"] == "plan_failed"


def test_a_preview_says_nothing_about_the_stack_itself(world: PullsWorld) -> None:
    before = world.json("stack", "show", "app")
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    after = world.json("stack", "show", "app")
    assert {name for name in before if before[name] != after[name]} == {"last_runs", "peak_memory"}


def test_a_locked_stack_is_still_previewed(world: PullsWorld) -> None:
    world.run("lock", "take", "app", "-m", "hands off")
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    assert world.preview(7)["state"] == "planned"


def test_a_preview_can_not_be_applied(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    run = world.preview(7)["id"]
    refused = world.run("apply", run, expect=None)
    assert refused.exit_code == 3
    assert world.preview(7)["state"] == "planned"


@pytest.mark.parametrize("state", ["awaiting_approval", "approved", "applying", "applied"])
def test_the_database_lets_no_preview_be_approved_or_applied(world: PullsWorld, state: str) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    with closing(sqlite3.connect(world.root / "data/driftline.db")) as database:
        with pytest.raises(sqlite3.IntegrityError, match="never approved or applied"):
            database.execute("UPDATE runs SET state = ? WHERE kind = 'preview'", [state])
        with pytest.raises(sqlite3.IntegrityError, match="stays a preview"):
            database.execute("UPDATE runs SET kind = 'change' WHERE kind = 'preview'")


def test_a_preview_leaves_no_plan_file_behind(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    run = world.preview(7)
    assert (run["plan_digest"], run["artifacts"]) == (None, ["plan.json"])


def test_pull_requests_end_where_previews_are_turned_off(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    world.previews = "null"
    world.configured()
    world.once()
    assert world.shown(7)["state"] == "closed"
    world.previews = "{}"
    world.configured()
    world.once()
    assert world.shown(7)["state"] == "open"
