"""Requests to the daemon."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from runner.model.execution.daemon_request import DaemonRequest, NewRequest


class DaemonRequestReader(Protocol):
    def open_requests(self, but: Collection[int] = ()) -> list[DaemonRequest]:
        """Those without an answer, oldest first."""
        ...

    def daemon_request(self, request: int) -> DaemonRequest:
        """NotFound if it never existed, or retention removed it."""
        ...


class DaemonRequestWriter(DaemonRequestReader, Protocol):
    def add_request(self, request: NewRequest) -> int:
        """Its number; DaemonOverloaded if too many are open."""
        ...

    def take_request(self, request: int) -> bool:
        """False if it was withdrawn."""
        ...

    def withdraw_request(self, request: int, error: dict[str, Any]) -> bool:
        """Answer it with this, so that nobody takes it any more; False if somebody has."""
        ...

    def answer_request(
        self, request: int, *, answer: Any = None, error: dict[str, Any] | None = None
    ) -> None:
        """The first answer stands."""
        ...

    def prune_requests(self, before: datetime) -> int:
        """Delete those made before then; returns how many."""
        ...
