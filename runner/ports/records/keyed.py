"""Requests with an Idempotency-Key, and what they were answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.access.keyed import Attempt, KeptAnswer, KeyedRequest


class KeyedWriter(Protocol):
    def begin_keyed(self, request: KeyedRequest) -> Attempt | KeptAnswer:
        """The answer, if it has one. KeyReused if the key was used for something else; StillAnswering while somebody
        else answers it; AnswerLost if that ended without an answer after it had changed something.
        """
        ...

    def note_change(self, attempt: Attempt) -> None:
        """In the transaction of the change. StillAnswering if another attempt was begun meanwhile."""
        ...

    def end_keyed(self, attempt: Attempt, answer: KeptAnswer) -> None:
        """Keep the answer."""
        ...

    def drop_keyed(self, attempt: Attempt) -> bool:
        """Forget an attempt that changed nothing, so that it may be repeated; whether it did change nothing."""
        ...
