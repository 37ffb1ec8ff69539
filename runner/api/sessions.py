"""Sessions: who is logged in, in a browser or at a command line elsewhere, until when, and ending it at once."""

from datetime import datetime

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.model.access.session import Session
from runner.model.values.frozen import dataclass
from runner.view.when import whole


@dataclass(frozen=True)
class SessionRow:
    """`subjects` are those of the login, with the groups of then."""

    name: str
    known_by: str
    subjects: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class EndedSessions:
    name: str
    ended: int


@operation("GET", "/sessions", Role.ADMIN)
def list_sessions(caller: Caller) -> tuple[SessionRow, ...]:
    """Sessions that have not ended, by name."""
    with caller.reading() as reader:
        return tuple(map(_row, reader.sessions()))


@operation("DELETE", "/sessions/{name}", Role.ADMIN)
def end_sessions(caller: Caller, name: str) -> EndedSessions:
    """End every session of a person at once. Their next login has the groups of then."""
    by = caller.person.name
    with caller.app.store.writing() as writer:
        return EndedSessions(name, writer.end_sessions(name, by=by))


def _row(of: Session) -> SessionRow:
    who = of.identity
    return SessionRow(
        who.name,
        who.known_by,
        who.subjects,
        whole(of.created_at),
        whole(of.expires_at),
        whole(of.seen_at),
    )
