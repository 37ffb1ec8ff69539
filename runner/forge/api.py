"""What differs between forges: how each lists and writes. `Repository` decides what has to be written."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from runner.model.forge.request import RequestAtForge, RequestComment
from runner.model.forge.text import Capabilities, CommitStatus, StatusState
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Request:
    number: int


@dataclass(frozen=True)
class Commit:
    revision: str


@dataclass(frozen=True)
class Ticket:
    """An issue."""

    number: int


Place = Request | Commit | Ticket


@dataclass(frozen=True)
class Note:
    """A comment at the forge; `author` is comparable with `Api.me`."""

    id: str
    author: str
    body: str


@dataclass(frozen=True)
class Issue:
    number: int
    author: str
    title: str
    body: str
    url: str


SAME_STATES: Mapping[StatusState, str] = {
    "pending": "pending",
    "success": "success",
    "failure": "failure",
    "error": "error",
}


class Api(Protocol):
    """All methods may raise the errors of a forge, and NoAnswer if an answer is not understood."""

    @property
    def can(self) -> Capabilities: ...
    @property
    def states(self) -> Mapping[StatusState, str]:
        """How the forge names each."""
        ...

    def me(self) -> str: ...

    def may_write(self) -> bool | None:
        """None if the forge does not say."""
        ...

    def requests(self) -> Iterable[RequestAtForge]: ...
    def add_request(self, branch: str, base: str, title: str, body: str) -> str:
        """Opens a pull request; returns its address."""
        ...

    def comments(self, since: datetime) -> Iterable[RequestComment]: ...

    def statuses(self, revision: str) -> Iterable[tuple[str, tuple[str, str, str]]]:
        """The newest of each context: its state as the forge names it, description and address."""
        ...

    def add_status(self, revision: str, status: CommitStatus) -> None: ...
    def notes(self, place: Place) -> Iterable[Note]: ...
    def add_note(self, place: Place, body: str) -> str: ...
    def edit_note(self, place: Place, note: str, body: str) -> None: ...


@runtime_checkable
class Tracker(Protocol):
    """An API that has issues too."""

    def issues(self, label: str) -> Iterable[Issue]: ...
    def add_issue(
        self, title: str, body: str, labels: tuple[str, ...], assignees: tuple[str, ...]
    ) -> int: ...
    def edit_issue(self, number: int, title: str, body: str) -> None: ...
    def is_open(self, number: int) -> bool: ...
    def close_issue(self, number: int) -> None: ...
