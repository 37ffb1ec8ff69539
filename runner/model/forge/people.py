"""Who wrote a comment, in the names that `approvals.people` and `web.access` may give."""

from collections.abc import Collection

from runner.model.approval.approval import Person
from runner.model.approval.people import People, fold
from runner.model.forge.request import RequestComment
from runner.model.settings.source import SourceSettings
from runner.model.values.frozen import dataclass

KNOWN_BY = "forge"


@dataclass(frozen=True)
class Commenter:
    """`subjects` has everything that the operator lists for the same person."""

    person: Person
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class Stranger:
    """`why` says what keeps the login from being somebody."""

    why: str


def commenter(
    of: RequestComment, source: SourceSettings, people: People, before: Collection[str]
) -> Commenter | Stranger:
    """Only a login that the operator maps is a person: whoever chose the name of somebody else is not.

    `before` are the account ids that the login had in earlier commands. A login that was given up can be registered
    by anybody, so another account under the same name is a stranger until it is mapped by its id.
    """
    by_login, by_id = _subjects(of.author, source), _subjects(f"id:{of.author_id}", source)
    entries = [(login, *others) for login, others in people.items()]
    known = [names for names in entries if _names(names) & _names((*by_login, *by_id))]
    if not known:
        return Stranger(f"approvals.people maps nobody to {by_login[0]}")
    sure = any(_names(names) & _names(by_id) for names in known)
    if not sure and any(one != of.author_id for one in before):
        return Stranger(
            f"another account had the login {of.author} before; map {by_id[0]} in approvals.people if it is the same person"
        )
    person = Person(known[0][0], KNOWN_BY, (*by_login, *by_id))
    listed = (name for names in known for name in names if ":" in name)
    return Commenter(person, tuple(dict.fromkeys((*by_login, *by_id, *listed))))


def _subjects(name: str, source: SourceSettings) -> tuple[str, ...]:
    """By the source, and by the kind of forge, which then stands for every server of this kind."""
    kind = source.forge.type if source.forge is not None else ""
    return tuple(f"{KNOWN_BY}:{where}:{name}" for where in (source.name, kind))


def _names(names: Collection[str]) -> frozenset[str]:
    return frozenset(map(fold, names))
