"""Who wrote a comment, in the names that `approvals.people` and `web.access` may give."""

from collections.abc import Collection

from runner.model.approval.approval import Person
from runner.model.approval.people import People
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
    by_id = _subjects(f"id:{of.author_id}", source)
    by_login = _subjects(of.author, source) if _is_plain(of.author) else ()
    entries = [(login, *others) for login, others in people.items()]
    known = [names for names in entries if _exact(names) & _exact((*by_login, *by_id))]
    if not known:
        return Stranger(f"approvals.people maps nobody to {(*by_login, *by_id)[0]}")
    sure = any(_exact(names) & _exact(by_id) for names in known)
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


def _is_plain(login: str) -> bool:
    """Some forges let people choose a name such as `id:8`, which reads like the account of somebody else."""
    return not login.startswith("id:")


def _exact(names: Collection[str]) -> frozenset[str]:
    """Without case, as forges compare logins. Nothing else is folded: `\uff41na` may be registered beside `ana`."""
    return frozenset(name.lower() if name.isascii() else name for name in names)
