"""One human is one person, whichever ways they come and however Git knows them."""

from datetime import UTC, datetime
from itertools import product

import pytest

from runner.model.access.session import Identity
from runner.model.approval.approval import Approval, Commit, Person
from runner.model.approval.people import one_each
from runner.model.approval.rules import independent
from runner.web.identity.caller import person_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = {
    "ana": (
        "Ana Author",
        "ana@example.com",
        "token:ana-laptop",
        "oidc:user:ana@corp.example",
        "oidc:sub:00u1",
        "unix:aauthor",
    ),
    "bo": ("Bo Builder", "bo@example.com", "token:bo-laptop"),
}
WAYS = {
    "user": Person("ana", "user"),
    "caller": Person("aauthor", "caller"),
    "loginuid": Person("aauthor", "loginuid"),
    "token": Person("ana-laptop", "token"),
    "oidc": Person("ana@corp.example", "oidc"),
    "oidc without a verified address": Person("oidc:sub:00u1", "oidc"),
    "oidc after the mail changed at the issuer": Person(
        "ana.new@corp.example", "oidc", ("oidc:user:ana.new@corp.example", "oidc:sub:00u1")
    ),
    "peer": Person("aauthor", "peer"),
    "link": Person("aauthor", "link"),
}
NOBODY = {"author": "x", "author_email": "x@y", "committer": "x", "committer_email": "x@y"}


def commit(**who: object) -> Commit:
    return Commit(revision="0" * 40, at=NOW, subject="", **{**NOBODY, **who})  # type: ignore[arg-type]


COMMITS = {
    "author": commit(author="Ana Author"),
    "author's mail": commit(author_email="ANA@example.com"),
    "committer": commit(committer="ana"),
    "committer's mail": commit(committer_email="ana@corp.example"),
    "co-author": commit(co_authors=("ana@example.com",)),
    "signer": commit(signed_by="Ana <ana@example.com>"),
    "other reading": commit(also=("Ana Author",)),
}


@pytest.mark.parametrize(("way", "known"), tuple(product(WAYS, COMMITS)))
def test_nobody_is_independent_of_their_own_commit(way: str, known: str) -> None:
    assert not independent(WAYS[way], [COMMITS[known]], PEOPLE)


@pytest.mark.parametrize(("first", "second"), tuple(product(WAYS, WAYS)))
def test_two_approvals_of_one_human_count_once(first: str, second: str) -> None:
    given = [Approval(1, WAYS[way], NOW, "", "") for way in (first, second)]
    assert len(one_each(given, PEOPLE)) == 1


@pytest.mark.parametrize("way", WAYS)
def test_somebody_else_is_somebody_else(way: str) -> None:
    bo = Person("bo-laptop", "token")
    assert independent(bo, list(COMMITS.values()), PEOPLE)
    assert len(one_each([Approval(1, one, NOW, "", "") for one in (WAYS[way], bo)], PEOPLE)) == 2


def test_a_subject_is_that_of_its_kind_only() -> None:
    people = {"ana": ("oidc:sub:7",)}
    given = [Approval(1, one, NOW, "", "") for one in (Person("7", "token"), Person("ana", "user"))]
    assert len(one_each(given, people)) == 2


def test_two_mail_addresses_of_one_subject_count_once_although_nobody_is_listed() -> None:
    before = Person("bo@example.com", "oidc", ("oidc:user:bo@example.com", "oidc:sub:00u2"))
    after = Person("bob@example.com", "oidc", ("oidc:user:bob@example.com", "oidc:sub:00u2"))
    unverified = Person("oidc:sub:00u2", "oidc", ("oidc:sub:00u2",))
    given = [Approval(1, one, NOW, "", "") for one in (before, after, unverified)]
    assert one_each(given, {}) == (given[0],)


def test_people_of_one_group_are_different_people() -> None:
    login = [
        Identity(name, "oidc", (f"oidc:user:{name}", f"oidc:sub:{name}", "oidc:group:sre"))
        for name in ("ana@example.com", "bo@example.com")
    ]
    assert len(one_each([Approval(1, person_of(one), NOW, "", "") for one in login], {})) == 2
