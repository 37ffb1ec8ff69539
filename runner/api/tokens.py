"""API tokens: who calls without a person at the keyboard."""

from datetime import datetime, timedelta
from typing import ClassVar

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import BadUsage, Conflict
from runner.model.access.role import Role
from runner.model.access.token import Token, Validity, digest_of, new_secret
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds
from runner.view.when import whole

LONGEST_NAME = 100  # characters; the audit log has it for everything that is done with the token
MOST_OF_ONE = 1000  # valid ones that one person has created


@dataclass(frozen=True)
class TokenRow:
    name: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None
    state: Validity


@dataclass(frozen=True)
class NewToken:
    """`secret` is shown once and kept nowhere."""

    SHOWN_ONCE: ClassVar[bool] = True
    name: str
    secret: str
    expires_at: datetime | None


@operation("GET", "/tokens", Role.ADMIN)
def list_tokens(caller: Caller) -> tuple[TokenRow, ...]:
    """Tokens, revoked and expired ones included."""
    with caller.reading() as reader:
        return tuple(_row(one, caller.app.clock.now()) for one in reader.tokens())


@operation("POST", "/tokens", Role.ADMIN)
def create_token(caller: Caller, *, name: str, expires: Seconds | None = None) -> NewToken:
    """Create a token. It may do nothing until a role is bound to it under `web.access`."""
    secret, now, by = new_secret(), caller.app.clock.now(), caller.person.name
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadUsage(f"expected a name of 1 to {LONGEST_NAME} characters, got {len(name)}")
    token = Token(name, digest_of(secret), now, by, now + timedelta(seconds=expires) if expires else None)
    with caller.app.store.writing() as writer:
        if sum(one.created_by == by and one.valid(now) for one in writer.tokens()) >= MOST_OF_ONE:
            raise Conflict(
                f"{by} has created {MOST_OF_ONE} tokens that are valid", hint="driftline token revoke NAME"
            )
        writer.add_token(token)
    return NewToken(name, secret, whole(token.expires_at))


@operation("DELETE", "/tokens/{name}", Role.ADMIN)
def revoke_token(caller: Caller, name: str) -> None:
    """Revoke a token at once."""
    by = caller.person.name
    with caller.app.store.writing() as writer:
        writer.revoke_token(name, by=by)


def _row(of: Token, now: datetime) -> TokenRow:
    return TokenRow(
        of.name,
        whole(of.created_at),
        of.created_by,
        whole(of.expires_at),
        whole(of.revoked_at),
        whole(of.used_at),
        of.validity(now),
    )
