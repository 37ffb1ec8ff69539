"""Requests with an Idempotency-Key: each is done once, and repeating it gives the answer that it had."""

from datetime import timedelta

from runner.model.values.frozen import dataclass

KEPT = timedelta(hours=24)
ANSWERED_WITHIN = timedelta(seconds=30)  # then whoever began it is thought dead


@dataclass(frozen=True)
class KeyedRequest:
    """Who sent it and with which key; `digest` is that of the operation and of all it was given."""

    caller: str
    key: str
    digest: str


@dataclass(frozen=True)
class Attempt:
    """One try to answer. A later one takes the right to change something from it."""

    request: KeyedRequest
    number: int = 1


@dataclass(frozen=True)
class KeptAnswer:
    """`body` is None where it may not be kept, since it has a secret that is shown once."""

    status: int
    media_type: str
    body: str | None
