"""Who wrote a plan is recorded when it is made: its approval follows the same rules, and needs no Git."""

from dataclasses import replace

import pytest
from beginnings import Beginnings
from examples import NOW
from test_authors_of_a_new_stack import NEW, approved, commit, git, planned, refused
from test_authors_of_unreviewed_code import apply_of_bo, with_commands
from unrecorded import forget_authors
from world import DATA, World

from runner.errors import GitFailed, NotAllowed
from runner.model.approval.approval import Person, Review
from runner.model.approval.behind import Reviewed
from runner.model.run.life import Run, State
from runner.model.stack.definition import StackDefinition
from runner.service.approval import approve as approving
from runner.service.approval import behind
from runner.service.approval.authorship import Authors

REVIEW = Review("web", "infra", "a" * 40, StackDefinition("web"), "web", "web/stack.yaml", NOW)
REVIEWED = Reviewed("b" * 40, StackDefinition("web"), REVIEW, ("c" * 40,))


def answered_without_git(world: World, run: Run, name: str) -> State:
    def ask_git() -> Authors:
        raise AssertionError("Git was asked")

    digest = run.plan_digest or ""
    done, _ = approving.approve(world.app.control, ask_git, run.id, Person(name, "user"), digest=digest)
    return done.state


def is_recorded(world: World, run: Run) -> bool:
    with world.app.store.reading() as reader:
        return reader.commits_behind(run.id) is not None


def test_an_approval_needs_no_git(plain: World) -> None:
    commit(plain, "bo", NEW)
    assert answered_without_git(plain, planned(plain), "ana") is State.APPROVED


@pytest.mark.parametrize("by", ["record", "git"])
def test_author_committer_and_co_author_are_refused(plain: World, by: str) -> None:
    commit(plain, "bo", NEW)
    (plain.repository / "web/main.tf").write_text(DATA.format(value="two"))
    message = "two\n\nCo-authored-by: Dee <dee@example.org>"
    git(plain, "carl", "commit", "--quiet", "--all", "--author=eva <e@example.org>", "-m", message)
    run = planned(plain)
    if by == "git":
        forget_authors(plain.settings.data_dir)
    refused(plain, run, "bo", "carl", "eva", "dee")
    approved(plain, run, "ana")


def test_an_author_is_refused_without_git(plain: World) -> None:
    commit(plain, "bo", NEW)
    run = planned(plain)
    with pytest.raises(NotAllowed, match="bo is an author of"):
        answered_without_git(plain, run, "bo")


def test_after_a_force_push_the_authors_of_the_discarded_commits_count(beginnings: Beginnings) -> None:
    with beginnings.lent(apply_of_bo, with_commands) as world:
        commit(world, "carl", {"web/main.tf": DATA.format(value="two")})
        run = planned(world)
        commit(world, "mallory", {"README": "mine"})
        world.poll()
        git(world, "carl", "reset", "--quiet", "--hard", "HEAD~1")
        commit(world, "carl", {"README": "ours"})
        world.poll()
        assert is_recorded(world, run)
        refused(world, run, "mallory", "carl")
        approved(world, run, "ana")


@pytest.mark.parametrize(
    "now",
    [
        replace(REVIEWED, revision="d" * 40),
        replace(REVIEWED, definition=StackDefinition("other")),
        replace(REVIEWED, review=None),
        replace(REVIEWED, review=replace(REVIEW, revision="d" * 40)),
        replace(REVIEWED, review=replace(REVIEW, source="other")),
        replace(REVIEWED, review=replace(REVIEW, module_path="other")),
        replace(REVIEWED, review=replace(REVIEW, file="other.yaml")),
        replace(REVIEWED, review=replace(REVIEW, definition=StackDefinition("other"))),
        replace(REVIEWED, review=replace(REVIEW, at=NOW.replace(year=2000))),
        replace(REVIEWED, rewritten=()),
        replace(REVIEWED, rewritten=("c" * 40, "d" * 40)),
    ],
)
def test_what_is_recorded_holds_for_the_same_review_and_history_only(now: Reviewed) -> None:
    assert now.digest != REVIEWED.digest
    assert replace(REVIEWED).digest == REVIEWED.digest


def test_where_git_fails_after_the_plan_it_is_asked_at_the_approval(
    plain: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(plain, "bo", NEW)
    with monkeypatch.context() as failing:
        failing.setattr(Authors, "commits_behind", _fails)
        run = planned(plain)
    assert not is_recorded(plain, run)
    refused(plain, run, "bo")
    approved(plain, run, "ana")


def test_more_commits_than_are_recorded_are_asked_of_git(
    plain: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(behind, "MOST", 1)
    commit(plain, "bo", NEW)
    commit(plain, "carl", {"web/main.tf": DATA.format(value="two")})
    run = planned(plain)
    assert not is_recorded(plain, run)
    refused(plain, run, "bo", "carl")
    approved(plain, run, "ana")


def _fails(*_: object) -> None:
    raise GitFailed(command="log", source="infra", problem="the disk failed")
