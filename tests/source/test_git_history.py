"""What a mirror tells about commits, and which revisions a person may name."""

from datetime import UTC, datetime
from functools import partial

import pytest
from remote.repository import Remote

from runner.errors import GitFailed, RevisionNotFound
from runner.source import arguments, mirror
from runner.source.command import Call


def test_a_commit_has_its_people_its_time_and_its_subject(remote: Remote) -> None:
    remote.commit({"a": "b"})
    remote.git(
        "commit",
        "--quiet",
        "--amend",
        "-m",
        "Grow  it\n\nBody",
        env={"GIT_COMMITTER_DATE": "1700000000 +0530"},
    )
    head = remote.taken()
    commit = remote.mirrors.commit(remote.source, head)
    assert (commit.revision, commit.author, commit.author_email) == (head, "Ana", "ana@example.com")
    assert (commit.committer, commit.committer_email) == ("Bo", "bo@example.com")
    assert commit.at == datetime.fromtimestamp(1700000000, UTC)
    assert (commit.subject, commit.co_authors) == ("Grow  it", ())


def test_co_authors_are_the_mail_addresses_of_the_trailers(remote: Remote) -> None:
    remote.commit(
        message="Change\n\nText with co-authored-by: Not <not@example.com> in it\n\n"
        "Co-authored-by: Cleo <cleo@example.com>\nco-authored-by: Dan <dan@example.com>\nSigned-off-by: X <x@example.com>"
    )
    assert remote.mirrors.commit(remote.source, remote.taken()).co_authors == (
        "cleo@example.com",
        "dan@example.com",
    )


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("Ünï Çødé", "Ünï Çødé"),
        ("a%x00b%H", "a%x00b%H"),
        ("--format=%H", "--format=%H"),
    ],
)
def test_names_and_subjects_are_text_whatever_they_hold(remote: Remote, name: str, read: str) -> None:
    remote.commit()
    author = {"GIT_AUTHOR_NAME": name}
    remote.git("commit", "--quiet", "--amend", "--reset-author", "--allow-empty", "-m", name, env=author)
    commit = remote.mirrors.commit(remote.source, remote.taken())
    assert (commit.author, commit.subject) == (read, read)


def test_an_author_that_is_not_utf_8_is_readable(remote: Remote) -> None:
    remote.commit()
    tree = remote.git("rev-parse", "HEAD^{tree}").encode()
    raw = (
        b"tree "
        + tree
        + b"\nauthor M\xfcller <m@example.com> 1 +0000\ncommitter B <b@x> 1 +0000\n\n\xff\xfe\n"
    )
    revision = remote.git("hash-object", "-w", "-t", "commit", "--literally", "--stdin", stdin=raw)
    remote.git("update-ref", "refs/heads/main", revision)
    commit = remote.mirrors.commit(remote.source, remote.taken())
    assert (commit.author_email, commit.at.year) == ("m@example.com", 1970)


def test_a_nul_in_a_message_does_not_shift_the_fields(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(arguments.CONFIG, "transfer.fsckObjects", "false")  # which would refuse it
    remote.commit()
    tree = remote.git("rev-parse", "HEAD^{tree}").encode()
    people = b"\nauthor A <a@x> 1 +0000\ncommitter B <b@x> 1 +0000\n\n"
    raw = b"tree " + tree + people + b"one\0two\0three\n\nCo-authored-by: C <c@x>\n"
    evil = remote.git("hash-object", "-w", "-t", "commit", "--literally", "--stdin", stdin=raw)
    remote.git("update-ref", "refs/heads/main", evil)
    commit = remote.mirrors.commit(remote.source, remote.taken())
    assert (commit.author_email, commit.committer_email, commit.subject) == ("a@x", "b@x", "one")


def test_a_mailmap_of_the_repository_renames_nobody(remote: Remote) -> None:
    """Else a commit could make its author look like another person."""
    remote.commit({".mailmap": "Mallory <mallory@example.com> <ana@example.com>\n"})
    assert remote.mirrors.commit(remote.source, remote.taken()).author_email == "ana@example.com"


def test_the_commits_between_two_revisions_come_newest_first(remote: Remote) -> None:
    old = remote.commit(message="zero")
    for subject in ("one", "two", "three"):
        remote.commit(message=subject)
    new = remote.taken()
    assert [c.subject for c in remote.mirrors.commits(remote.source, old, new)] == ["three", "two", "one"]
    assert remote.mirrors.commits(remote.source, new, new) == []


def test_a_mirror_knows_which_revisions_it_has(remote: Remote) -> None:
    old = remote.commit()
    remote.taken()
    assert remote.mirrors.has(remote.source, old)
    assert not remote.mirrors.has(remote.source, "1" * 40)


def touching(remote: Remote, *places: str) -> list[str]:
    return [c.subject for c in remote.mirrors.touching(remote.source, remote.taken(), places)]


def test_the_commits_of_some_places_are_exactly_those_that_changed_them(remote: Remote) -> None:
    remote.commit({"a/main.tf": "1", "b/main.tf": "1"}, "both")
    remote.commit({"b/main.tf": "2"}, "b")
    remote.commit({"a/deep/x": "2"}, "below a")
    remote.commit({"ab": "2"}, "a name that begins alike")
    remote.commit({"a/deep/x": None}, "gone from a")
    assert touching(remote, "a") == ["gone from a", "below a", "both"]
    assert touching(remote, "ab", "b/main.tf") == ["a name that begins alike", "b", "both"]
    assert len(touching(remote, ".")) == len(touching(remote, ".", "a")) == 5
    assert touching(remote, "nowhere") == []


@pytest.mark.parametrize("place", ["*", "[ab]", ":(top)", ":!b", ":/", "a\n"])
def test_a_place_is_a_name_and_never_a_pattern(remote: Remote, place: str) -> None:
    remote.commit({"a": "1", "b": "1"}, "others")
    remote.commit({f"x{place}/f": "1"}, "another")
    assert touching(remote, place) == []
    assert touching(remote, f"x{place}") == ["another"]


def test_a_merge_that_brings_a_place_in_counts_as_what_it_brings_does(remote: Remote) -> None:
    remote.commit({"readme": "1"}, "base")
    remote.git("checkout", "--quiet", "-b", "side")
    remote.commit({"a/main.tf": "1"}, "new")
    remote.git("checkout", "--quiet", "main")
    remote.commit({"readme": "2"}, "unrelated")
    remote.git("merge", "--quiet", "--no-ff", "-m", "the merge", "side")
    remote.git("checkout", "--quiet", "-b", "other")
    remote.commit({"readme": "3"}, "elsewhere")
    remote.git("checkout", "--quiet", "main")
    remote.git("merge", "--quiet", "--no-ff", "-m", "another merge", "other")
    assert touching(remote, "a") == ["the merge", "new"]


def test_neither_side_of_a_merge_is_left_out_because_the_other_explains_it(remote: Remote) -> None:
    remote.commit({"a": "1"}, "base")
    remote.git("checkout", "--quiet", "-b", "side")
    remote.commit({"a": "2"}, "theirs")
    remote.git("checkout", "--quiet", "main")
    remote.commit({"a": "2"}, "ours")
    remote.git("merge", "--quiet", "--no-ff", "-m", "the merge", "side")
    assert {"theirs", "ours", "base"} <= set(touching(remote, "a"))


def test_a_history_that_says_too_much_is_refused_and_not_cut(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        remote.commit({"a": str(number)}, f"{number}" * 1000)
    remote.taken()
    monkeypatch.setattr(mirror, "Call", partial(Call, max_output=3000))
    with pytest.raises(GitFailed, match="and was stopped"):
        remote.mirrors.touching(remote.source, remote.head, {"a"})


@pytest.mark.parametrize(
    ("expression", "subject"),
    [
        ("HEAD", "three"), ("main", "three"), ("@", "three"), ("HEAD~1", "two"), ("main^", "two"), ("HEAD~", "two"),
        ("HEAD^^", "one"), ("HEAD~2", "one"), ("HEAD^~1", "one"),
    ],
)  # fmt: skip
def test_an_expression_means_a_commit_of_the_branch(remote: Remote, expression: str, subject: str) -> None:
    for text in ("one", "two", "three"):
        remote.commit(message=text)
    remote.taken()
    revision = remote.mirrors.resolve(remote.source, expression)
    assert remote.mirrors.commit(remote.source, revision).subject == subject


def test_a_commit_id_may_be_short(remote: Remote) -> None:
    old = remote.commit()
    remote.commit()
    remote.taken()
    assert remote.mirrors.resolve(remote.source, old[:7]) == old
    assert remote.mirrors.resolve(remote.source, old) == old


def test_a_revision_that_was_thrown_away_is_no_longer_on_the_branch(remote: Remote) -> None:
    remote.commit()
    thrown_away = remote.taken()
    remote.rewrite()
    remote.taken()
    with pytest.raises(RevisionNotFound) as failed:
        remote.mirrors.resolve(remote.source, thrown_away)
    assert failed.value.exit_code == 5


def test_a_tree_or_a_blob_is_no_revision(remote: Remote) -> None:
    remote.commit({"a": "b"})
    remote.taken()
    for spelled in ("HEAD^{tree}", "HEAD:a"):
        with pytest.raises(RevisionNotFound):
            remote.mirrors.resolve(remote.source, remote.git("rev-parse", spelled))
