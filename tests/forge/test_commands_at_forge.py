"""Commands in comments: what people on record may have done, once, and what everybody else is told."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from forge_world import START, Person
from kept_world import KeptWorld, at_forge
from pulls_world import module

from runner.api import forge_comments
from runner.app import App
from runner.model.forge.command import Command
from runner.model.forge.request import RequestComment
from runner.model.preview.pull_request import PreviewedStack, PullRequest
from runner.service.forge.commands import Commands
from runner.service.preview.again import matching

BO = Person(9, "bo")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptWorld]:
    """Comments are read from the first look on."""
    with at_forge(tmp_path) as one:
        one.allow()
        one.open(7, {"app/main.tf": module("new")})
        one.look()
        since(one)
        yield one


def since(kept: KeptWorld) -> None:
    """The forge's clock is behind the real one."""
    with closing(sqlite3.connect(kept.world.root / "data" / "driftline.db")) as database, database:
        database.execute("UPDATE forge_reads SET since = '2026-01-31T12:00:00+00:00'")


def answers(kept: KeptWorld) -> str:
    return kept.comment().partition("**Answers**")[2].partition("Everything:")[0].strip()


def test_a_person_has_a_stack_planned_again(kept: KeptWorld) -> None:
    first = kept.world.preview(7)["id"]
    kept.says("driftline plan a*")
    kept.look()
    assert answers(kept) == "- `driftline plan a*` by `ana`: plans again: app"
    kept.world.once()
    assert kept.world.preview(7)["id"] != first


def test_a_head_that_is_pushed_while_a_comment_is_obeyed_is_kept(
    kept: KeptWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = []

    def matching_later(pull: PullRequest, stacks: str) -> tuple[PreviewedStack, ...]:
        monkeypatch.undo()
        heads.append(kept.open(7, {"app/main.tf": module("newer")}))
        return matching(pull, stacks)

    monkeypatch.setattr(forge_comments, "matching", matching_later)
    kept.says("driftline plan")
    kept.look()
    assert [kept.world.shown(7)["head"]] == heads
    assert kept.world.shown(7)["stacks"][0]["run"] == newest_preview(kept)


def newest_preview(kept: KeptWorld) -> str:
    return str(kept.world.json("run", "list", "--kind", "preview")[0]["id"])


def test_a_request_that_ended_is_not_planned_again(kept: KeptWorld) -> None:
    kept.world.merge(7)
    kept.world.once()
    kept.says("driftline plan")
    kept.look()
    with App.from_config(kept.world.config).store.reading() as reader:
        (told,) = reader.answers("infra", 7)
    assert told.outcome == "refused: pull request #7 is merged"


def test_a_webhook_has_comments_read_at_once(kept: KeptWorld) -> None:
    one = kept.kept()
    one.look()
    kept.says("driftline help")
    one.look()
    assert answers(kept) == ""
    one.read_soon()
    one.look()
    assert "by `ana`" in answers(kept)


def test_a_comment_acts_once(kept: KeptWorld) -> None:
    kept.says("driftline plan")
    kept.look()
    kept.world.once()
    first = kept.world.preview(7)["id"]
    since(kept)
    kept.look()
    kept.world.once()
    assert kept.world.preview(7)["id"] == first


def test_a_login_that_nobody_mapped_gets_an_answer_and_nothing_else(kept: KeptWorld) -> None:
    first = kept.world.preview(7)["id"]
    kept.says("driftline plan", BO)
    kept.look()
    assert "by `bo`: refused: bo may not give commands in comments" in answers(kept)
    assert "`forge:infra:bo`" in answers(kept)
    kept.world.once()
    assert kept.world.preview(7)["id"] == first


def test_a_mapped_person_without_the_role_is_refused(kept: KeptWorld) -> None:
    kept.allow(more=', bo: ["forge:infra:bo"]')
    kept.says("driftline plan", BO)
    kept.look()
    assert answers(kept).startswith("- `driftline plan` by `bo`: refused: bo needs the role operator")


def test_an_edited_comment_never_acts(kept: KeptWorld) -> None:
    written = kept.says("looks good")
    kept.fake.world.edit(written.id, "driftline plan")
    kept.look()
    assert answers(kept) == ""


def digest(kept: KeptWorld) -> str:
    """As somebody copies it from the comment."""
    return kept.comment().partition("`driftline approve ")[2].partition("`")[0]


def test_a_person_approves_what_the_comment_shows(kept: KeptWorld) -> None:
    kept.allow(more=', bo: ["forge:infra:bo"]', role="approver")
    kept.says(f"driftline approve {digest(kept)}\n\nright size", BO)
    kept.look()
    assert "approved" in answers(kept)
    (approval,) = kept.world.preview(7)["approvals"]
    assert (approval["by"], approval["known_by"], approval["comment"]) == ("bo", "forge", "right size")
    assert "(approved by `bo`)" in kept.comment()


def test_authors_cannot_approve_their_own_code_by_a_comment(kept: KeptWorld) -> None:
    """The commits of this world are by ana@example.com, which is mapped to the login."""
    kept.says(f"driftline approve {digest(kept)}")
    kept.look()
    assert "refused: ana may not approve" in answers(kept)
    assert kept.world.preview(7)["approvals"] == []


def test_a_digest_of_an_older_head_approves_nothing(kept: KeptWorld) -> None:
    old = digest(kept)
    kept.open(7, {"app/main.tf": module("newer")})
    kept.says(f"driftline approve {old}")
    kept.look()
    assert "no present plan of this pull request has this digest" in answers(kept)
    assert kept.world.preview(7)["approvals"] == []


def test_a_digest_of_no_present_plan_approves_nothing(kept: KeptWorld) -> None:
    kept.says("driftline approve 0123456789abcdef")
    kept.look()
    assert "no present plan of this pull request has this digest" in answers(kept)


def test_a_hostile_command_stays_code_in_the_answer(kept: KeptWorld) -> None:
    kept.says("driftline <img src=x> @acme/team | x", BO)
    kept.look()
    assert answers(kept).startswith("- `driftline <img src=x> @acme/team | x` by `bo`: refused:")


def test_half_a_character_in_a_command_keeps_no_other_from_acting(kept: KeptWorld) -> None:
    """JSON may contain one, and no database takes it."""
    kept.says("driftline \ud800")
    kept.says("driftline plan")
    kept.look()
    assert "`driftline plan` by `ana`: plans again: app" in answers(kept)


def test_help_says_what_can_be_asked_for(kept: KeptWorld) -> None:
    kept.says("driftline help")
    kept.look()
    assert "approves the plan with this digest" in answers(kept)


@pytest.mark.parametrize(("changed", "times"), [(True, 1), (False, 2)])
def test_a_crash_leaves_the_change_with_its_comment_or_neither(
    kept: KeptWorld, *, changed: bool, times: int
) -> None:
    store, performed = kept.kept().store, list[str]()
    comment = RequestComment(7, "1", "ana", "8", "driftline plan", START, START)

    def dies(source: str, _comment: RequestComment, _command: Command) -> str:
        performed.append(source)
        if changed:
            with store.writing() as writer:
                writer.audit_note("ana", "test", source, {})
        raise KeyboardInterrupt

    for _ in range(2):
        with suppress(KeyboardInterrupt):
            Commands(store, dies).take("infra", [comment])
    assert len(performed) == times
