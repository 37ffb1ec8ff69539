"""What a mirror tells about commits, and which revisions a person may name."""

from datetime import UTC, datetime

import pytest
from remote.repository import Remote

from runner.errors import RevisionNotFound
from runner.source import arguments


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
    assert [c.subject for c in remote.mirrors.commits(remote.source, None, new)] == ["three"]
    assert remote.mirrors.commits(remote.source, new, new) == []


def test_after_an_unknown_revision_only_the_new_commit_is_told(remote: Remote) -> None:
    remote.commit(message="zero")
    remote.commit(message="one")
    new = remote.taken()
    assert [c.subject for c in remote.mirrors.commits(remote.source, "1" * 40, new)] == ["one"]


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


def test_a_revision_that_was_thrown_away_is_not_on_the_branch_any_more(remote: Remote) -> None:
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
