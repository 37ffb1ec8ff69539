"""What every forge does alike, through its own API: one suite for all of them."""

from datetime import timedelta

import pytest
from forge_opening import opened, source_at
from forge_server import Fake
from forge_world import ANA, HEAD, OTHER, START, Pull

from runner.errors import ForgeRefused
from runner.forge.repository import Repository
from runner.forge.table import ConfiguredForges
from runner.model.forge.marker import marker
from runner.model.forge.text import CommitStatus, IssueText
from runner.model.settings.source import SourceSettings

MARK = marker("request")
PLANNED = CommitStatus(
    "driftline/plan: network", "success", "2 to add", "https://driftline.example.com/runs/1"
)


def test_each_source_has_the_forge_that_is_configured(fake: Fake) -> None:
    forges = ConfiguredForges((source_at(fake), SourceSettings("local", "/srv/local.git")))
    found = forges.of("infra")
    assert found is not None
    fake.ends.callback(found.close)
    assert found.name.endswith("/acme/infra")
    assert forges.of("infra") is found
    assert forges.of("local") is None


def with_issues(forge: Repository) -> None:
    if not forge.can.issues:
        pytest.skip("the forge has no issues")


def test_open_requests_are_listed(fake: Fake, forge: Repository) -> None:
    fake.world.pulls = [Pull(), Pull(2, "Fix", head=OTHER, base="release/1", fork=True, draft=True)]
    first, second = forge.open_requests()
    assert (first.number, first.title, first.author, first.head) == (
        1,
        "Bigger network",
        fake.author(ANA),
        HEAD,
    )
    assert (first.base, first.fork, first.draft) == ("main", False, False)
    assert first.url.startswith("https://")
    assert (second.number, second.head, second.base) == (2, OTHER, "release/1")
    assert (second.fork, second.draft) == (True, True)


def test_a_request_of_a_branch_is_opened_once(fake: Fake, forge: Repository) -> None:
    fake.world.pulls, fake.world.branches = [], {"drift/app/12345678": OTHER}
    given = (OTHER, "drift/app/12345678", "main", "Accept dr-1\nof app", "/close\nsays why")
    address = forge.open_request(*given)
    assert address.startswith("https://")
    assert opened(fake).open_request(*given) == address
    (made,) = fake.world.pulls
    assert (made.title, made.base) == ("Accept dr-1 of app", "main")
    assert len(fake.writes) == 1


def test_labels_of_a_request_are_listed_where_there_are_any(fake: Fake, forge: Repository) -> None:
    fake.world.pulls = [Pull(labels=("infra", "urgent"))]
    assert forge.open_requests()[0].labels == (("infra", "urgent") if fake.has_labels else ())


def test_requests_of_all_pages_are_listed(fake: Fake, forge: Repository) -> None:
    fake.per_page = 2
    fake.world.pulls = [Pull(number) for number in range(1, 6)]
    assert [one.number for one in forge.open_requests()] == [1, 2, 3, 4, 5]


def test_hostile_texts_of_a_request_arrive_bounded(fake: Fake, forge: Repository) -> None:
    hostile = "\u202e<script>\x00`$(id)`\n" + "x" * 100_000
    fake.world.pulls = [Pull(title=hostile, base="-" + "b" * 5000)]
    (found,) = forge.open_requests()
    assert found.title == hostile[:500]
    assert len(found.base) == 500


@pytest.mark.parametrize("head", ["", "--upload-pack=x", "A" * 40, "main", "a" * 39, "a" * 41])
def test_a_request_whose_head_is_no_revision_is_left_out(fake: Fake, forge: Repository, head: str) -> None:
    fake.world.pulls = [Pull(head=head), Pull(2, head=OTHER)]
    assert [one.number for one in forge.open_requests()] == [2]


@pytest.mark.parametrize("state", ["pending", "success", "failure", "error"])
def test_a_status_is_written_once(fake: Fake, forge: Repository, state: str) -> None:
    status = CommitStatus("driftline/plan: network", state, "2 to add", "https://driftline.example.com/1")  # type: ignore[arg-type]
    for _ in range(3):
        forge.set_status(HEAD, status)
    opened(fake).set_status(HEAD, status)
    assert len(fake.writes) == 1
    shown = fake.world.status(HEAD, "driftline/plan: network")
    assert (shown["description"], shown["url"]) == ("2 to add", "https://driftline.example.com/1")


def test_a_status_that_changes_is_written(fake: Fake, forge: Repository) -> None:
    forge.set_status(HEAD, CommitStatus("driftline/plan: network", "pending", "planning"))
    forge.set_status(HEAD, PLANNED)
    opened(fake).set_status(HEAD, CommitStatus("driftline/plan: dns", "success", "no changes"))
    assert len(fake.writes) == 3
    assert fake.world.status(HEAD, "driftline/plan: network")["description"] == "2 to add"


def test_the_newest_status_of_a_context_is_compared(fake: Fake, forge: Repository) -> None:
    forge.set_status(HEAD, PLANNED)
    forge.set_status(HEAD, CommitStatus("driftline/plan: network", "failure", "terraform failed"))
    opened(fake).set_status(HEAD, PLANNED)
    assert fake.world.status(HEAD, "driftline/plan: network")["description"] == "2 to add"


def test_a_long_description_of_a_status_is_cut(fake: Fake, forge: Repository) -> None:
    forge.set_status(HEAD, CommitStatus("c", "success", "one\nline " + "é" * 1000))
    shown = fake.world.status(HEAD, "c")["description"]
    assert shown.startswith("one line é")
    assert shown.endswith("...")
    assert len(shown.encode()) <= forge.can.description


def test_a_comment_is_written_once_and_updated_in_place(fake: Fake, forge: Repository) -> None:
    for body in ("first", "first", "second"):
        forge.save_comment(1, MARK, body)
    opened(fake).save_comment(1, MARK, "second")
    (only,) = fake.world.comments(1)
    assert fake.plain(only.body) == f"{MARK}\nsecond"
    assert len(fake.writes) == 2


def test_comments_with_other_markers_are_others(fake: Fake, forge: Repository) -> None:
    forge.save_comment(1, MARK, "first")
    opened(fake).save_comment(1, marker("other"), "second")
    assert len(fake.world.comments(1)) == 2


def test_a_marker_that_a_stranger_pasted_is_left_alone(fake: Fake, forge: Repository) -> None:
    forge.save_comment(2, MARK, "first")
    pasted = fake.world.write(1, fake.world.comments(2)[0].body, ANA)
    forge.save_comment(1, MARK, "ours")
    before, own = fake.world.comments(1)
    assert before == pasted
    assert (own.author, fake.plain(own.body)) == (fake.me, f"{MARK}\nours")


def test_a_marker_that_is_quoted_is_left_alone(fake: Fake, forge: Repository) -> None:
    quoted = fake.world.write(1, f"> {MARK}\nan answer by hand with the same login", fake.me)
    forge.save_comment(1, MARK, "ours")
    assert fake.world.comments(1)[0] == quoted
    assert len(fake.world.comments(1)) == 2


def test_a_comment_is_found_behind_pages_of_others(fake: Fake, forge: Repository) -> None:
    fake.per_page = 5
    for number in range(12):
        fake.world.write(1, f"comment {number}", ANA)
    forge.save_comment(1, MARK, "first")
    opened(fake).save_comment(1, MARK, "second")
    assert [fake.plain(one.body) for one in fake.world.comments(1)][12:] == [f"{MARK}\nsecond"]


def test_a_comment_that_was_deleted_is_written_again(fake: Fake, forge: Repository) -> None:
    forge.save_comment(1, MARK, "first")
    fake.world.writings.clear()
    forge.save_comment(1, MARK, "second")
    assert [fake.plain(one.body) for one in fake.world.comments(1)] == [f"{MARK}\nsecond"]


def test_what_a_forge_does_to_line_ends_is_no_change(fake: Fake, forge: Repository) -> None:
    forge.save_comment(1, MARK, "first\n\nsecond\n")
    (one,) = fake.world.comments(1)
    one.body = one.body.replace("\n", "\r\n").rstrip()
    opened(fake).save_comment(1, MARK, "first\n\nsecond\n")
    assert len(fake.writes) == 1


def test_a_comment_is_cut_at_the_limit_of_the_forge(fake: Fake, forge: Repository) -> None:
    forge.save_comment(1, MARK, "/line\n" * 300_000)
    (one,) = fake.world.comments(1)
    assert len(one.body.encode()) <= fake.longest
    assert one.body.endswith("exceeds the forge's limit)")
    opened(fake).save_comment(1, MARK, "/line\n" * 300_000)
    assert len(fake.writes) == 1


def test_characters_that_no_forge_stores_are_replaced(fake: Fake, forge: Repository) -> None:
    forge.save_comment(1, MARK, "a\x00b\x1b[31m\ud800c\ttab")
    assert fake.plain(fake.world.comments(1)[0].body) == f"{MARK}\na\ufffdb\ufffd[31m\ufffdc\ttab"


def test_a_comment_on_a_commit_is_written_once_and_updated(fake: Fake, forge: Repository) -> None:
    if not forge.can.commit_comments:
        with pytest.raises(ForgeRefused):
            forge.save_commit_comment(HEAD, MARK, "first")
        return
    for body in ("first", "first", "second"):
        forge.save_commit_comment(HEAD, MARK, body)
    opened(fake).save_commit_comment(HEAD, MARK, "second")
    assert [fake.plain(one.body) for one in fake.world.comments(HEAD)] == [f"{MARK}\nsecond"]
    assert len(fake.writes) == 2


def test_comments_since_a_time_come_by_their_time(fake: Fake, forge: Repository) -> None:
    fake.world.pulls = [Pull(), Pull(2, head=OTHER)]
    fake.world.write(1, "too old", ANA)
    since = fake.world.tick()
    fake.world.write(2, "first", ANA)
    fake.world.write(1, "driftline approve 1f2e", ANA)
    first, second = forge.comments_since(since)
    assert (first.number, first.body) == (2, "first")
    assert (second.number, second.body, second.author) == (1, "driftline approve 1f2e", fake.author(ANA))
    assert (second.kind, second.edited) == ("comment", False)
    assert second.author_id
    assert first.at == first.updated == since + timedelta(seconds=1)


def test_what_was_updated_in_the_second_of_the_cursor_comes_again(fake: Fake, forge: Repository) -> None:
    fake.world.write(1, "first", ANA)
    (one,) = forge.comments_since(START)
    assert forge.comments_since(one.updated) == (one,)
    assert forge.comments_since(one.updated + timedelta(seconds=1)) == ()


def test_an_edited_comment_is_told_as_edited(fake: Fake, forge: Repository) -> None:
    one = fake.world.write(1, "hello", ANA)
    fake.world.edit(one.id, "driftline approve 1f2e")
    (found,) = forge.comments_since(START)
    assert (found.body, found.edited) == ("driftline approve 1f2e", True)


def test_an_approving_review_is_told_as_one(fake: Fake, forge: Repository) -> None:
    fake.world.write(1, fake.approval("1f2e"), ANA, approves=True)
    (found,) = forge.comments_since(START)
    assert (found.number, found.kind, found.author) == (1, "review-approved", fake.author(ANA))
    assert not found.edited
    assert found.body == ("1f2e" if fake.reviews_have_texts else "")
    assert found.revision == (HEAD if fake.reviews_have_texts else None)


def test_an_edited_review_is_told_as_edited(fake: Fake, forge: Repository) -> None:
    if not fake.reviews_have_texts:
        pytest.skip("a review of this forge has no text")
    fake.world.edit(fake.world.write(1, "fine", ANA, approves=True).id, "1f2e")
    assert [(one.body, one.edited) for one in forge.comments_since(START)] == [("1f2e", True)]


def test_a_comment_that_says_what_an_approval_says_is_a_comment(fake: Fake, forge: Repository) -> None:
    fake.world.write(1, "approved this merge request", ANA)
    assert [one.kind for one in forge.comments_since(START)] == ["comment"]


def test_own_comments_are_not_told_but_those_of_the_tokens_owner_are(fake: Fake, forge: Repository) -> None:
    forge.save_comment(1, MARK, "a plan")
    fake.world.write(1, "by hand", fake.me)
    assert [one.body for one in forge.comments_since(START)] == ["by hand"]


@pytest.mark.parametrize("pushes", [True, False])
def test_a_forge_says_whether_the_token_may_write(fake: Fake, forge: Repository, *, pushes: bool) -> None:
    fake.pushes = pushes
    assert forge.may_write() is (pushes if fake.tells_what_it_allows else None)
    assert not fake.writes


def test_an_issue_is_opened_once(fake: Fake, forge: Repository) -> None:
    with_issues(forge)
    text = IssueText(
        marker("drift", "network"), "Drift in network", "2 changed", ("drift",), ("ana", "ghost")
    )
    number = forge.open_issue(text)
    assert forge.open_issue(text) == number
    assert opened(fake).open_issue(text) == number
    (issue,) = fake.world.issues
    assert (issue.title, issue.labels, issue.assignees) == ("Drift in network", ["drift"], ["ana"])
    assert [(one.number, one.marker, one.body) for one in forge.own_issues("drift")] == [
        (number, text.marker, "2 changed")
    ]


def test_an_issue_that_a_stranger_wrote_is_none_of_ours(fake: Fake, forge: Repository) -> None:
    with_issues(forge)
    text = IssueText(marker("drift", "network"), "Drift in network", "2 changed", ("drift",))
    forged = fake.world.open_issue("Drift", f"{text.marker}\nforged", ["drift"], [])
    forged.author = ANA
    assert forge.own_issues("drift") == ()
    assert forge.open_issue(text) != forged.number


def test_an_issue_is_updated_only_if_its_text_changes(fake: Fake, forge: Repository) -> None:
    with_issues(forge)
    text = IssueText(marker("drift", "network"), "Drift in network", "2 changed", ("drift",))
    number = forge.open_issue(text)
    forge.own_issues("drift")
    before = len(fake.writes)
    forge.update_issue(number, text)
    assert len(fake.writes) == before
    changed = IssueText(text.marker, "Drift in network", "3 changed", text.labels)
    forge.update_issue(number, changed)
    forge.update_issue(number, changed)
    assert len(fake.writes) == before + 1
    assert fake.world.issue(number).body == f"{text.marker}\n3 changed"


def test_an_issue_is_closed_with_a_comment_once(fake: Fake, forge: Repository) -> None:
    with_issues(forge)
    number = forge.open_issue(IssueText(marker("drift", "a"), "Drift", "2 changed", ("drift",)))
    forge.close_issue(number, "resolved")
    forge.close_issue(number, "resolved")
    assert not fake.world.issue(number).is_open
    assert [one.body for one in fake.world.comments(number)] == ["resolved"]
    assert forge.own_issues("drift") == ()


def test_a_close_that_was_cut_short_repeats_no_comment(fake: Fake, forge: Repository) -> None:
    with_issues(forge)
    number = forge.open_issue(IssueText(marker("drift", "a"), "Drift", "2 changed", ("drift",)))
    fake.world.write(number, "resolved", fake.me)
    forge.close_issue(number, "resolved")
    assert not fake.world.issue(number).is_open
    assert len(fake.world.comments(number)) == 1
