"""Managed states as Terraform's `http` backend: who may read and write one, and who locks it."""

import json
import secrets
from dataclasses import field
from datetime import datetime, timedelta
from urllib.parse import quote

from runner.model.access.token import BYTES, digest_of
from runner.model.run.life import Run, State
from runner.model.stack.definition import DEFAULT_WORKSPACE, StackDefinition
from runner.model.stack.lock import StateLock
from runner.model.state.version import StateKey
from runner.model.values.frozen import dataclass

LARGEST = 64 << 20  # of one that is sent: the server holds each request in memory, a few times
LARGEST_LOCK_INFO = 16 << 10
PREFIX = "driftstate_"
# Unless it is renewed. A worker that was cut off still saves the state of an apply that it has begun.
LASTS = timedelta(hours=24)
ROUTE = "/api/v1/state"
_MAY_READ = frozenset({State.PLANNING, State.APPROVED, State.APPLYING})


@dataclass(frozen=True)
class ServedState:
    """Where a run finds its stack's state, and what it proves itself with: terraform can only send a name and a password."""

    address: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class StateToken:
    """Of one run alone. Only the digest of the secret is kept."""

    run: int
    digest: str
    expires_at: datetime

    @classmethod
    def new(cls, run: int, now: datetime) -> "tuple[StateToken, str]":
        """With its secret."""
        secret = PREFIX + secrets.token_urlsafe(BYTES)
        return cls(run, digest_of(secret), now + LASTS), secret

    def opens(self, secret: str, now: datetime) -> bool:
        return secrets.compare_digest(self.digest, digest_of(secret)) and now < self.expires_at


@dataclass(frozen=True)
class ServedLock:
    """Terraform's lock on a served state; `info` is its own JSON, which it wants back."""

    key: StateKey
    id: str
    info: str
    run: int
    since: datetime

    @property
    def lock(self) -> StateLock:
        told = json.loads(self.info)
        return StateLock(
            id=self.id,
            operation=_text(told.get("Operation")),
            who=_text(told.get("Who")),
            created=_text(told.get("Created")),
            version=_text(told.get("Version")),
        )


def address_at(server: str, stack: str) -> str:
    return f"{server.rstrip('/')}{ROUTE}/{quote(stack)}"


def lock_id(info: bytes) -> str | None:
    """None if it is not what terraform sends as a lock."""
    try:
        told = json.loads(info)
        found = told["ID"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, str) and 0 < len(found) <= 128 and found.isprintable() else None


def can_be_served(stack: StackDefinition) -> bool:
    """Terraform's `http` backend has no workspaces."""
    return stack.terraform_workspace == DEFAULT_WORKSPACE


def may_read(run: Run) -> bool:
    """While it executes. Approvals wait for days without a claim."""
    return run.state in _MAY_READ and run.claim is not None


def may_write(run: Run) -> bool:
    """Only after the gate: code that runs during a plan cannot change the state."""
    return run.state is State.APPLYING


def _text(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(one for one in text if one.isprintable())[:200]
