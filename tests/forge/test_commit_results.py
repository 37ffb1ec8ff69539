"""What came of applying a commit stands at the commit."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile import texts
from hypothesis import given
from kept_world import KeptWorld, at_forge, counting
from pulls_world import module
from rendered import rendered

from runner.model.changes.changes import Summary
from runner.model.forge.marker import split_marker
from runner.model.forge.result_comment import CommitResult, StackResult, result_comment
from runner.model.forge.text import Capabilities
from runner.model.run.life import State

REVISION = "ab" * 20
CAN = Capabilities(body=65_536)
APPLIED = StackResult("app", "run-3", State.APPLIED, Summary(update=1))
FAILED = StackResult("db", "run-4", State.APPLY_FAILED, Summary(create=2), "exit code 1")


def written(*stacks: StackResult, can: Capabilities = CAN) -> str:
    return result_comment(CommitResult(REVISION, stacks), can)


def test_each_stack_has_a_row_and_failures_come_first() -> None:
    lines = written(APPLIED, FAILED).splitlines()
    assert lines[0] == "### Driftline: 1 apply failed, 1 stack applied"
    assert lines[-2:] == [
        "| `db` | **apply failed**: exit code 1 | 2 to create | `driftline run show run-4` |",
        "| `app` | applied | 1 to update | `driftline run show run-3` |",
    ]


def test_rows_beyond_the_limit_are_counted() -> None:
    many = [StackResult(f"stack-{n}", f"run-{n}", State.APPLIED) for n in range(900)]
    text = written(*many, can=Capabilities(body=10_000))
    assert len(text.encode()) < 10_000
    assert "more | | | |" in text


@given(texts, texts)
def test_nothing_from_a_run_becomes_markup(stack: str, reason: str) -> None:
    found = rendered(written(StackResult(stack, "run-1", State.APPLY_FAILED, reason=reason)))
    assert (found.html, found.links, found.headings, found.special) == ((), (), 1, [])


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptWorld]:
    with at_forge(tmp_path) as one:
        yield one


def merged(kept: KeptWorld, content: str) -> str:
    """A merged pull request whose plan was approved and applied."""
    kept.open(7, {"app/main.tf": content})
    revision = kept.world.merge(7)
    kept.world.once()
    (waiting,) = kept.world.json("run", "list", "--state", "awaiting_approval")
    kept.world.approve(waiting["id"])
    kept.world.run("daemon", "--once", expect=None)
    return revision


def test_an_applied_merge_gets_one_comment_on_its_commit(kept: KeptWorld) -> None:
    revision = merged(kept, module("new"))
    kept.look()
    kept.look()
    assert kept.problems == []
    (one,) = kept.fake.world.comments(revision)
    mark, body = split_marker(one.body)
    assert mark == "<!-- driftline:result/infra -->"
    assert "| `app` | applied | 1 to update" in body


def test_a_result_that_stands_there_is_not_written_again(kept: KeptWorld) -> None:
    merged(kept, module("new"))
    kept.look()
    writes = counting(kept.fake)
    kept.look()
    assert writes() == 0


def test_a_failed_apply_stands_at_its_commit(kept: KeptWorld) -> None:
    kept.world.previews += ", allow: {provisioners: true}"
    kept.world.configured()
    fails = 'resource "terraform_data" "no" {\n  provisioner "local-exec" {\n    command = "exit 3"\n  }\n}\n'
    revision = merged(kept, module("new") + fails)
    kept.look()
    (one,) = kept.fake.world.comments(revision)
    assert "### Driftline: 1 apply failed" in one.body
    assert "| `app` | **apply failed**: " in one.body


def test_a_heal_does_not_replace_what_came_of_the_merge(kept: KeptWorld) -> None:
    revision = merged(
        kept, (kept.world.repository / "app/main.tf").read_text() + module("new").replace("it", "more")
    )
    kept.world.cloud.write_text("by hand\n")
    kept.world.run("drift", "check", "app", expect=2)
    (report,) = kept.world.json("drift", "list")
    kept.world.run("drift", "heal", report["id"])
    (waiting,) = kept.world.json("run", "list", "--state", "awaiting_approval")
    kept.world.approve(waiting["id"])
    kept.world.once()
    kept.look()
    (one,) = kept.fake.world.comments(revision)
    assert waiting["id"] not in one.body


def test_a_plan_that_fails_after_the_merge_stands_at_its_commit(kept: KeptWorld) -> None:
    kept.open(7, {"app/main.tf": module("new")})
    kept.world.merge(7)
    revision = kept.world.commit(
        {"app/main.tf": 'resource "terraform_data" "it" { input = file("/gone") }\n'}
    )
    kept.world.run("daemon", "--once", expect=None)
    (one,) = kept.fake.world.comments(revision)
    assert "### Driftline: 1 plan failed" in one.body
    assert "| `app` | **plan failed**" in one.body


def test_a_failed_plan_that_is_made_again_is_told_as_what_it_became(kept: KeptWorld) -> None:
    missing = kept.world.root / "signs" / "missing.txt"
    code = f'resource "terraform_data" "it" {{ input = file("{missing}") }}\n'
    revision = kept.world.commit({"app/main.tf": code})
    kept.world.run("daemon", "--once", expect=None)
    assert "1 plan failed" in kept.fake.world.comments(revision)[0].body
    missing.parent.mkdir(exist_ok=True)
    missing.write_text("new")
    kept.world.run("plan", "app")
    kept.look()
    (one,) = kept.fake.world.comments(revision)
    assert "### Driftline: 1 stack planned" in one.body
    assert "| `app` | awaiting approval" in one.body
