"""What stands at the forge follows from the records: comment and statuses of each pull request."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from forge_server import TOKEN, Told
from forge_world import Pull
from kept_world import KeptWorld, at_forge, counting
from pulls_world import module
from rendered import rendered


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptWorld]:
    with at_forge(tmp_path) as one:
        yield one


def test_a_pull_request_gets_its_comment_and_statuses(kept: KeptWorld) -> None:
    head = kept.open(7, {"app/main.tf": module("new")})
    kept.look()
    assert kept.problems == []
    text = kept.comment()
    assert "| `app` |  | 1 |  |  | planned" in text
    assert "- `app`: needs 1 approval" in text
    assert rendered(text).folded == ("app",)
    assert kept.status(head) == ("success", "1 stack changes")
    assert kept.status(head, "driftline/plan: app") == ("success", "1 to update, 1 output to change")


def test_a_request_for_another_branch_says_so_and_gets_no_status(kept: KeptWorld) -> None:
    head = kept.world.pull(7, {"app/main.tf": module("new")})
    kept.fake.world.pulls.append(Pull(7, head=head, base="release"))
    kept.world.once()
    one = kept.kept()
    one.look()
    assert "This request is for `release`. Merged into `main` instead" in kept.comment()
    assert kept.fake.world.statuses == []
    kept.fake.world.pulls[0] = Pull(7, head=head)
    one.read_soon()
    one.look()
    assert "This request is for" not in kept.comment()
    assert kept.status(head)[0] == "success"


def test_a_look_without_news_writes_nothing(kept: KeptWorld) -> None:
    kept.open(7, {"app/main.tf": module("new")})
    kept.look()
    written = counting(kept.fake)
    kept.look()
    assert written() == 0


def test_a_newer_head_updates_the_same_comment(kept: KeptWorld) -> None:
    kept.open(7, {"app/main.tf": module("new")})
    kept.look()
    head = kept.open(7, {"app/main.tf": "what is this\n"})
    kept.look()
    assert "**plan failed**" in kept.comment()
    assert kept.status(head)[0] == "failure"


def test_a_removed_comment_is_written_again(kept: KeptWorld) -> None:
    kept.open(7, {"app/main.tf": module("new")})
    kept.look()
    kept.fake.world.writings.clear()
    kept.look()
    assert "planned" in kept.comment()


def test_a_marker_that_a_stranger_pasted_does_not_count(kept: KeptWorld) -> None:
    kept.open(7, {"app/main.tf": module("new")})
    kept.look()
    pasted = kept.comment()
    kept.fake.world.writings.clear()
    kept.says(pasted)
    kept.look()
    assert [one.body for one in kept.fake.world.comments(7)] == [pasted, kept.comment()]


def test_a_forge_that_fails_is_asked_again_later(kept: KeptWorld) -> None:
    kept.open(7, {"app/main.tf": module("new")})
    kept.fake.faults.append(lambda _asked: Told(500))
    one = kept.kept()
    one.look()
    assert len(kept.problems) == 1
    kept.fake.faults.clear()
    asked = len(kept.fake.asked)
    one.look()
    assert len(kept.fake.asked) == asked


def test_a_request_closed_at_the_forge_ends_its_previews(kept: KeptWorld) -> None:
    kept.open(7, {"app/main.tf": module("new")})
    kept.fake.world.pulls.clear()
    one = kept.kept()
    one.look()
    assert kept.world.shown(7)["state"] == "open"
    one.next_read = None
    one.look()
    shown = kept.world.shown(7)
    assert (shown["state"], shown["reason"]) == ("closed", "closed at the forge")


def test_single_passes_see_a_request_closed_at_the_forge(kept: KeptWorld) -> None:
    kept.open(7, {"app/main.tf": module("new")})
    kept.fake.world.pulls.clear()
    kept.world.once()
    assert kept.world.shown(7)["state"] == "open"
    kept.world.once()
    assert kept.world.shown(7)["state"] == "closed"


def test_a_request_that_is_missing_now_and_then_stays_open(kept: KeptWorld) -> None:
    kept.open(7, {"app/main.tf": module("new")})
    (pull,) = kept.fake.world.pulls
    for shown in ([], [pull], []):
        kept.fake.world.pulls = shown
        kept.look()
    assert kept.world.shown(7)["state"] == "open"


def test_a_request_that_is_reopened_is_previewed_again(kept: KeptWorld) -> None:
    test_a_request_closed_at_the_forge_ends_its_previews(kept)
    kept.open(7, {"app/main.tf": module("newer")})
    kept.look()
    kept.world.once()
    assert kept.world.shown(7)["state"] == "open"


def test_nothing_of_the_token_is_written_or_logged(kept: KeptWorld) -> None:
    kept.open(7, {"app/main.tf": module("new")})
    kept.fake.faults.append(lambda asked: Told(403, {"message": f"bad {TOKEN}"}) if asked.writes else None)
    kept.look()
    assert kept.problems
    assert TOKEN not in "".join(kept.problems)


def test_a_single_pass_writes_to_the_forge_at_its_end(kept: KeptWorld) -> None:
    head = kept.open(7, {"app/main.tf": module("new")})
    assert "| `app` |  | 1 |  |  | planned" in kept.comment()
    assert kept.status(head) == ("success", "1 stack changes")


def test_a_single_pass_reports_a_forge_that_fails_and_ends(kept: KeptWorld) -> None:
    kept.fake.faults.append(lambda _asked: Told(500))
    assert "forge of infra: " in kept.world.run("daemon", "--once").output
