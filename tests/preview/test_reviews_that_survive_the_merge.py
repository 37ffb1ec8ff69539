"""A yes to a preview counts for the plan of the merge, if that does exactly the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_world import World
from pulls_world import PullsWorld, begin_previewing, module, previewing, previewing_after

from runner.store.database import FILE_NAME

REVIEWED = "apply: {on_merge: reviewed}\n"


@pytest.fixture
def world(tmp_path: Path) -> PullsWorld:
    """With one applied stack, `app`, for whose merges reviews count."""
    return previewing(tmp_path, REVIEWED)


def review(world: PullsWorld, number: int, stack: str = "app") -> str:
    """Approve the preview of the stack; the name of its run."""
    preview = world.preview(number, stack)
    world.run("approve", preview["id"], "--digest", preview["binding_digest"], "--yes", "-m", "reads well")
    return str(preview["id"])


def review_seven(world: PullsWorld) -> None:
    """Request 7 changes what `app` makes, and its preview is approved."""
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    review(world, 7)


def begin_reviewed(world: World) -> None:
    review_seven(begin_previewing(world, REVIEWED))


@pytest.fixture
def reviewed(tmp_path: Path) -> PullsWorld:
    """As `world`, after `review_seven`."""
    return previewing_after(tmp_path, begin_reviewed)


def newest(world: PullsWorld, stack: str = "app") -> Any:
    """The newest change run of the stack."""
    run = world.json("run", "list", "--stack", stack, "--kind", "change")[0]["id"]
    return world.json("run", "show", run)


def merged(world: PullsWorld) -> Any:
    """The run of `app` after the merge of request 7."""
    world.merge(7)
    world.once()
    return newest(world)


Merge = Callable[[PullsWorld], object]


def squash(world: PullsWorld, number: int) -> None:
    world.merge(number, "--squash")
    world.git("commit", "--quiet", "--message", f"squashed (#{number})")


def rebase(world: PullsWorld, number: int) -> None:
    world.git("cherry-pick", f"main..refs/pull/{number}/head")


MERGES: dict[str, Merge] = {
    "merge commit": lambda world: world.merge(7, "--no-ff"),
    "fast forward": lambda world: world.merge(7, "--ff-only"),
    "squash": lambda world: squash(world, 7),
    "rebase": lambda world: rebase(world, 7),
}


@pytest.mark.parametrize("how", MERGES)
def test_the_merge_of_a_reviewed_request_is_applied_without_asking_again(
    reviewed: PullsWorld, how: str
) -> None:
    MERGES[how](reviewed)
    reviewed.once()
    run = newest(reviewed)
    assert run["state"] == "applied"
    assert [one["comment"] for one in run["approvals"]] == ["reviewed in infra#7: reads well"]


def test_a_merge_is_not_applied_where_the_stack_asks_again(tmp_path: Path) -> None:
    world = previewing(tmp_path)
    review_seven(world)
    assert merged(world)["state"] == "awaiting_approval"


def test_an_operator_can_forbid_that_reviews_count(tmp_path: Path) -> None:
    world = previewing(tmp_path, REVIEWED, "approvals: {on_merge: ask}\n")
    review_seven(world)
    assert merged(world)["state"] == "awaiting_approval"


def test_a_commit_that_lets_reviews_count_is_itself_asked_about(tmp_path: Path) -> None:
    world = previewing(tmp_path)
    world.pull(7, {"app/main.tf": module("new"), "app/stack.yaml": f"name: app\n{REVIEWED}"})
    world.once()
    review(world, 7)
    assert merged(world)["state"] == "awaiting_approval"


def test_a_merge_that_nobody_reviewed_waits(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    assert merged(world)["state"] == "awaiting_approval"


def test_a_head_that_moved_after_the_review_waits(reviewed: PullsWorld) -> None:
    reviewed.pull(7, {"app/main.tf": module("newer")})
    run = merged(reviewed)
    assert run["state"] == "awaiting_approval"
    assert "the changes of the plan" in str(run["reviews"]["differences"])


def test_a_base_that_moved_elsewhere_keeps_the_review(reviewed: PullsWorld) -> None:
    reviewed.stack("elsewhere")
    reviewed.once()
    assert merged(reviewed)["state"] == "applied"


def test_a_base_that_moved_what_the_stack_uses_voids_the_review(reviewed: PullsWorld) -> None:
    reviewed.commit({"app/other.tf": 'resource "terraform_data" "other" {}\n'})
    assert merged(reviewed)["state"] == "awaiting_approval"


def test_of_two_requests_for_one_stack_only_the_first_merge_was_reviewed(world: PullsWorld) -> None:
    world.pull(7, {"app/seven.tf": 'resource "terraform_data" "seven" {}\n'})
    world.pull(8, {"app/eight.tf": 'resource "terraform_data" "eight" {}\n'})
    world.once()
    review(world, 7)
    review(world, 8)
    assert merged(world)["state"] == "applied"
    world.merge(8)
    world.once()
    assert newest(world)["state"] == "awaiting_approval"


def test_an_evil_merge_commit_waits(reviewed: PullsWorld) -> None:
    reviewed.git("merge", "--quiet", "--no-ff", "--no-commit", "refs/pull/7/head")
    reviewed.commit({"app/main.tf": module("evil")}, "merge 7")
    reviewed.once()
    assert newest(reviewed)["state"] == "awaiting_approval"


def test_a_changed_provider_lock_voids_the_review(reviewed: PullsWorld) -> None:
    reviewed.commit({"app/.terraform.lock.hcl": "# another selection\n"})
    run = merged(reviewed)
    assert run["state"] == "awaiting_approval"
    assert "the provider lock file" in str(run["reviews"]["differences"])


def test_a_changed_secret_voids_the_review(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("first-value")
    context = f'contexts: [{{name: all, vars: {{secret: "${{file:{secret}}}"}}}}]\n'
    world = previewing(tmp_path, REVIEWED, context)
    code = 'variable "secret" {\n  sensitive = true\n}\n' + module("new").replace('"new"', "var.secret")
    world.pull(7, {"app/main.tf": code})
    world.once()
    review(world, 7)
    secret.write_text("second-value")
    run = merged(world)
    assert run["state"] == "awaiting_approval"
    assert "secret" in str(run["reviews"]["differences"])
    assert "second-value" not in str(run)


def test_the_author_of_a_request_can_not_review_it(world: PullsWorld) -> None:
    world.more = 'approvals: {people: {root: ["ana@example.com"]}}\n'
    world.configured()
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    preview = world.preview(7)
    refused = world.run("approve", preview["id"], "--digest", preview["binding_digest"], "--yes", expect=None)
    assert refused.exit_code == 6
    assert "author" in refused.output


def test_a_request_that_moved_on_is_not_reviewed(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    old = world.preview(7)
    world.pull(7, {"app/main.tf": module("newer")})
    world.once()
    refused = world.run("approve", old["id"], "--digest", old["binding_digest"], "--yes", expect=None)
    assert refused.exit_code == 3
    assert "moved on" in refused.output


def test_a_preview_of_before_an_apply_is_not_reviewed_nor_called_a_lost_state(tmp_path: Path) -> None:
    world = PullsWorld(tmp_path)
    world.stack("app")
    world.configured()
    world.once()
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    old = world.preview(7)
    (waiting,) = world.json("run", "list", "--state", "awaiting_approval")
    world.approve(waiting["id"])
    world.run("apply", waiting["id"])
    refused = world.run("approve", old["id"], "--digest", old["binding_digest"], "--yes", expect=None)
    assert refused.exit_code == 3
    assert "app was applied since; the next poll plans it again" in refused.output
    assert "accept" not in refused.output


def test_a_new_stack_that_lets_reviews_count_is_itself_asked_about(world: PullsWorld) -> None:
    world.pull(7, {"fresh/stack.yaml": f"name: fresh\n{REVIEWED}", "fresh/main.tf": module("new")})
    world.once()
    review(world, 7, "fresh")
    world.merge(7)
    world.once()
    assert newest(world, "fresh")["state"] == "awaiting_approval"


def test_a_review_lets_what_it_applied_not_be_applied_again(world: PullsWorld) -> None:
    world.pull(7, {"app/new.tf": 'resource "terraform_data" "new" {}\n'})
    world.once()
    review(world, 7)
    world.merge(7)
    world.once()
    applied = newest(world)
    state = next(world.root.glob("data/workspaces/app-*/state/terraform.tfstate"))
    kept = json.loads(state.read_text())
    kept["serial"] += 1
    kept["resources"] = [one for one in kept["resources"] if one["name"] != "new"]
    state.write_text(json.dumps(kept))
    world.run("plan", "app")
    world.once()
    again = newest(world)
    assert (applied["state"], again["state"]) == ("applied", "awaiting_approval")
    assert again["fingerprint"] == applied["fingerprint"]
    assert "an apply has begun since" in str(again["reviews"]["differences"])


def test_other_changes_are_not_compared_with_a_review_of_what_is_applied(reviewed: PullsWorld) -> None:
    assert merged(reviewed)["state"] == "applied"
    reviewed.commit({"app/main.tf": module("newer")})
    reviewed.once()
    run = newest(reviewed)
    assert (run["state"], run["reviews"]) == ("awaiting_approval", None)


SCRIPT = """\
resource "terraform_data" "new" {
  provisioner "local-exec" {
    command = "sh $(dirname $PWD)/scripts/deploy.sh"
  }
}
"""


def running_a_script(tmp_path: Path) -> PullsWorld:
    """With a reviewed request, whose apply runs a script that is not in the folder of the stack."""
    world = previewing(tmp_path, REVIEWED)
    world.previews = "{}, allow: {provisioners: true}"
    world.configured()
    world.pull(7, {"app/new.tf": SCRIPT, "scripts/deploy.sh": "echo fine\n"})
    world.once()
    review(world, 7)
    return world


def test_a_script_that_was_not_in_the_review_is_not_run_by_it(tmp_path: Path) -> None:
    world = running_a_script(tmp_path)
    world.pull(7, {"scripts/deploy.sh": "echo evil\n"})
    world.once()
    run = merged(world)
    assert run["state"] == "awaiting_approval"
    assert "the revision's tree" in str(run["reviews"]["differences"])


def test_a_script_runs_by_a_review_of_the_same_files(tmp_path: Path) -> None:
    world = running_a_script(tmp_path)
    squash(world, 7)
    world.once()
    assert newest(world)["state"] == "applied"


def test_a_review_that_was_withdrawn_does_not_count(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    run = review(world, 7)
    world.run("reject", run, "-m", "not this way")
    assert world.json("run", "show", run)["approvals"] == []
    assert merged(world)["state"] == "awaiting_approval"


# What only a provider opens, in the apply, below a path that is not known before.
UNSEEN = """\
resource "terraform_data" "name" {
  input = "page.html"
}

resource "terraform_data" "new" {
  input = join("/", ["..", "site", terraform_data.name.output])
}
"""


def begin_unseen(world: World) -> None:
    pulls = begin_previewing(world, REVIEWED)
    pulls.commit({"site/page.html": "before\n"})
    pulls.once()
    pulls.pull(7, {"app/new.tf": UNSEEN})
    pulls.pull(7, {"site/page.html": "reviewed\n"})
    pulls.once()
    review(pulls, 7)


@pytest.fixture
def unseen(tmp_path: Path) -> PullsWorld:
    """Request 7 has been reviewed. It also changes a page that no plan of `app` depends on, in a commit of its own."""
    return previewing_after(tmp_path, begin_unseen)


def merge_by_hand(world: PullsWorld, files: dict[str, str]) -> None:
    """A merge commit that contains more than the merge of its parents."""
    world.git("merge", "--quiet", "--no-ff", "--no-commit", "refs/pull/7/head")
    world.commit(files, "merge 7")
    world.once()


def test_an_evil_merge_of_a_file_that_no_plan_depends_on_waits(unseen: PullsWorld) -> None:
    merge_by_hand(unseen, {"site/page.html": "evil\n"})
    run = newest(unseen)
    assert run["state"] == "awaiting_approval"
    assert "did not get exactly what the reviewed request changes" in str(run["reviews"]["differences"])


def test_an_evil_merge_of_a_file_that_the_request_leaves_alone_waits(unseen: PullsWorld) -> None:
    unseen.commit({"elsewhere/file": "of the base\n"})
    merge_by_hand(unseen, {"elsewhere/other": "evil\n"})
    assert newest(unseen)["state"] == "awaiting_approval"


@pytest.mark.parametrize("how", MERGES)
def test_a_merge_of_exactly_the_reviewed_files_is_applied(unseen: PullsWorld, how: str) -> None:
    MERGES[how](unseen)
    unseen.once()
    assert newest(unseen)["state"] == "applied"


@pytest.mark.parametrize("how", [how for how in MERGES if how != "fast forward"])
def test_other_files_of_the_base_keep_the_review(unseen: PullsWorld, how: str) -> None:
    unseen.commit({"elsewhere/before": "of the base\n"})
    MERGES[how](unseen)
    unseen.commit({"elsewhere/after": "of the base\n"})
    unseen.once()
    assert newest(unseen)["state"] == "applied"


def naming(world: PullsWorld, value: str) -> None:
    """Request 7 has been reviewed. The plan of `app` has this value, which names a page of the base."""
    world.commit({"site/page.html": "before\n"})
    world.once()
    world.pull(7, {"app/new.tf": f'resource "terraform_data" "new" {{\n  input = {value}\n}}\n'})
    world.once()
    review(world, 7)


@pytest.mark.parametrize(
    "value",
    [
        'join("/", ["..", "site", "page.html"])',
        'join("/", ["..", "site"])',
        'join("/", [abspath(path.root), "..", "site", "page.html"])',
        'sensitive(join("/", ["..", "site", "page.html"]))',
    ],
)
def test_a_file_of_the_base_that_the_plan_names_voids_the_review(world: PullsWorld, value: str) -> None:
    naming(world, value)
    world.commit({"site/page.html": "of somebody else\n"})
    run = merged(world)
    assert run["state"] == "awaiting_approval"
    assert "files that the plan names (" in str(run["reviews"]["differences"])


def test_a_file_that_the_plan_names_and_nobody_changes_keeps_the_review(world: PullsWorld) -> None:
    naming(world, 'join("/", ["..", "site", "page.html"])')
    world.commit({"elsewhere/file": "of the base\n"})
    assert merged(world)["state"] == "applied"


def test_a_path_that_is_a_secret_is_not_recorded(world: PullsWorld) -> None:
    naming(world, 'sensitive(join("/", ["..", "site", "page.html"]))')
    world.commit({"site/page.html": "of somebody else\n"})
    assert "(sensitive value)" in str(merged(world)["reviews"]["differences"])
    assert b"page.html" not in (world.root / "data" / FILE_NAME).read_bytes()


def test_a_file_of_the_request_that_changes_after_its_merge_waits(unseen: PullsWorld) -> None:
    unseen.merge(7)
    unseen.commit({"site/page.html": "later\n"})
    unseen.once()
    assert newest(unseen)["state"] == "awaiting_approval"


def test_a_head_that_moved_in_such_a_file_is_reviewed_again(unseen: PullsWorld) -> None:
    first = unseen.preview(7)["id"]
    unseen.pull(7, {"site/page.html": "not reviewed\n"})
    unseen.once()
    assert unseen.preview(7)["id"] != first
    assert merged(unseen)["state"] == "awaiting_approval"


def test_a_head_that_was_only_rebased_keeps_its_review(unseen: PullsWorld) -> None:
    first = unseen.preview(7)["id"]
    unseen.commit({"elsewhere/file": "of the base\n"})
    unseen.git("checkout", "--quiet", "pull-7")
    unseen.git("rebase", "--quiet", "main")
    unseen.git("update-ref", "refs/pull/7/head", "HEAD")
    unseen.git("checkout", "--quiet", "main")
    unseen.once()
    assert unseen.preview(7)["id"] == first
    assert merged(unseen)["state"] == "applied"


def test_a_plan_that_was_rejected_is_not_approved_by_its_review_again(world: PullsWorld) -> None:
    world.more = "approvals: {required: 2}\n"
    world.configured()
    review_seven(world)
    run = merged(world)
    assert [one["comment"] for one in run["approvals"]] == ["reviewed in infra#7: reads well"]
    world.run("reject", run["id"], "-m", "not this way")
    world.run("plan", "app")
    again = newest(world)
    assert (again["state"], again["approvals"]) == ("awaiting_approval", [])
    assert f"{run['id']} with the same changes was rejected since" in str(again["reviews"]["differences"])


def test_a_review_of_a_request_counts_for_another_with_the_same_changes(unseen: PullsWorld) -> None:
    """The same files, contents and plan were reviewed: which of the two was merged makes no difference."""
    unseen.pull(8, {"app/new.tf": UNSEEN, "site/page.html": "reviewed\n"})
    unseen.once()
    unseen.git("update-ref", "-d", "refs/pull/7/head")
    unseen.merge(8)
    unseen.once()
    assert newest(unseen)["state"] == "applied"


def test_a_review_does_not_count_for_a_request_with_the_same_plan_and_other_files(unseen: PullsWorld) -> None:
    unseen.pull(8, {"app/new.tf": UNSEEN, "site/page.html": "not reviewed\n"})
    unseen.once()
    unseen.merge(8)
    unseen.once()
    assert newest(unseen)["state"] == "awaiting_approval"


def test_a_request_on_top_of_another_needs_both_to_be_reviewed(world: PullsWorld) -> None:
    world.pull(7, {"app/seven.tf": 'resource "terraform_data" "seven" {}\n', "site/page.html": "evil\n"})
    world.git("branch", "--quiet", "pull-8", "pull-7")
    world.pull(8, {"app/eight.tf": 'resource "terraform_data" "eight" {}\n'})
    world.once()
    review(world, 8)
    world.pull(7, {"site/page.html": "worse\n"})
    world.merge(7)
    world.merge(8, "--strategy-option=ours")
    world.once()
    assert newest(world)["state"] == "awaiting_approval"


def test_a_reopened_request_keeps_the_review_of_the_same_files(unseen: PullsWorld) -> None:
    head = unseen.git("rev-parse", "refs/pull/7/head")
    unseen.git("update-ref", "-d", "refs/pull/7/head")
    unseen.once()
    unseen.git("update-ref", "refs/pull/7/head", head)
    unseen.once()
    assert merged(unseen)["state"] == "applied"


def test_a_rewritten_base_is_asked_about(unseen: PullsWorld) -> None:
    unseen.git("commit", "--quiet", "--amend", "--allow-empty", "-m", "rewritten")
    unseen.commit({"elsewhere/file": "of the rewritten base\n"})
    unseen.once()
    unseen.git("checkout", "refs/pull/7/head", "--", ".")
    unseen.git("commit", "--quiet", "--message", "the same files")
    unseen.once()
    assert newest(unseen)["state"] == "awaiting_approval"


def test_a_review_of_a_renamed_stack_is_of_the_state_that_it_takes_over(world: PullsWorld) -> None:
    world.git("checkout", "--quiet", "-b", "pull-7")
    world.git("mv", "app", "web")
    world.commit(
        {"web/stack.yaml": f"name: web\nrenamed_from: app\n{REVIEWED}", "web/main.tf": module("new")}
    )
    world.git("update-ref", "refs/pull/7/head", "HEAD")
    world.git("checkout", "--quiet", "main")
    world.once()
    review(world, 7, "web")
    world.merge(7)
    world.once()
    run = newest(world, "web")
    assert (run["state"], run["summary"]["update"], run["summary"]["create"]) == ("applied", 1, 0)
    assert [one["comment"] for one in run["approvals"]] == ["reviewed in infra#7: reads well"]


def test_a_merge_that_does_what_was_reviewed_says_why_it_is_asked_about(tmp_path: Path) -> None:
    world = previewing(tmp_path)
    review_seven(world)
    assert merged(world)["reviews"]["asked"] == "apply.on_merge is ask, the default"


def test_a_merge_names_the_operator_who_forbids_that_reviews_count(tmp_path: Path) -> None:
    world = previewing(tmp_path, REVIEWED, "approvals: {on_merge: ask}\n")
    review_seven(world)
    asked = merged(world)["reviews"]["asked"]
    assert asked == "apply.on_merge is ask (approvals in the server's configuration)"


def test_a_commit_that_lets_reviews_count_says_that_it_is_not_applied_yet(tmp_path: Path) -> None:
    world = previewing(tmp_path)
    world.pull(7, {"app/main.tf": module("new"), "app/stack.yaml": f"name: app\n{REVIEWED}"})
    world.once()
    review(world, 7)
    run = merged(world)
    assert (
        "but is asked about: what sets apply.on_merge to reviewed is not applied yet"
        in world.run("run", "show", run["id"]).output
    )


def test_a_preview_is_reviewed_by_the_digest_that_its_diff_shows(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    run = world.preview(7)["id"]
    shown = world.run("run", "diff", run).output.split()
    digest = shown[shown.index("digest") + 1]
    assert "approved" in world.run("approve", run, "--digest", digest, "--yes").output
