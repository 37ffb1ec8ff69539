"""Who is who: the names that one person may be known by, however they are written."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from runner.model.approval.approval import Approval, Commit, Person

People = Mapping[str, Sequence[str]]
_EXACT = "oidc:sub:"
_MAIL = re.compile(r"<([^<>\s]+)>")  # in the user id of an OpenPGP key


def fold(name: str) -> str:
    """A name in the form that is compared: without case, width, combining marks, or invisible characters.

    The id that an issuer gives is compared as it is: OpenID Connect Core 1.0, section 2, `sub` is case sensitive.
    """
    if name.startswith(_EXACT):
        return name
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join("".join(c for c in plain if unicodedata.category(c) != "Cf").split())


# How a person came -> what names them in `approvals.people`.
SUBJECTS: Mapping[str, str] = {
    "token": "token",
    "oidc": "oidc:user",
    "peer": "unix",
    "link": "unix",
    "loginuid": "unix",
    "caller": "unix",
    "user": "unix",
}


def names_of(person: str | Person, people: People) -> frozenset[str]:
    """Every folded name, mail address and subject of this person, whichever of them is given."""
    groups = [frozenset(_folded((login, *others))) for login, others in people.items()]
    known = frozenset(_folded([person] if isinstance(person, str) else _of_person(person)))
    while True:
        grown = known.union(*(group for group in groups if group & known))
        if grown == known:
            return known
        known = grown


def _of_person(person: Person) -> Iterator[str]:
    yield from (person.name, *person.also)
    if person.known_by in SUBJECTS:
        yield f"{SUBJECTS[person.known_by]}:{person.name}"


def _folded(names: Iterable[str]) -> Iterator[str]:
    """A subject also under its bare name, since records of who asked for a run have no more than that."""
    for name in names:
        yield fold(name)
        for kind in set(SUBJECTS.values()):
            if name.startswith(f"{kind}:"):
                yield fold(name.removeprefix(f"{kind}:"))


def mail_names(address: str) -> tuple[str, ...]:
    """The address and the parts before its @ that may be a login: both parts of `12+ana@users.example.com`."""
    if not address:
        return ()
    local = address.split("@", 1)[0]
    return (address, local, *local.split("+"))


def authors(commits: Iterable[Commit]) -> frozenset[str]:
    """Every name that the people of these commits may be known by, folded."""
    found: set[str] = set()
    for commit in commits:
        found.update((commit.author, commit.committer, commit.signed_by, *commit.also))
        addresses = (
            commit.author_email,
            commit.committer_email,
            *commit.co_authors,
            *_MAIL.findall(commit.signed_by),
        )
        for address in (*addresses, *(name for name in (commit.signed_by, *commit.also) if "@" in name)):
            found.update(mail_names(address))
    return frozenset(folded for name in found if (folded := fold(name)))


def one_each(approvals: Iterable[Approval], people: People) -> tuple[Approval, ...]:
    """The first approval of each person."""
    found: list[Approval] = []
    seen: set[str] = set()
    for approval in approvals:
        mine = names_of(approval.person, people)
        if not mine & seen:
            found.append(approval)
        seen |= mine
    return tuple(found)
