"""One repository at any forge: finds what Driftline wrote before, and writes only what differs from it."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Generic, TypeVar

from runner.errors import ForgeRefused, ForgeUnreachable
from runner.forge.api import Api, Commit, Place, Request, Ticket, Tracker
from runner.forge.exchange import NoAnswer
from runner.forge.written import clipped, same, single_line
from runner.model.forge.marker import split_marker
from runner.model.forge.request import RequestAtForge, RequestComment
from runner.model.forge.text import Capabilities, CommitStatus, IssueAtForge, IssueText

V = TypeVar("V")
MAX_TITLE = 250
REMEMBERED = 512
_GONE = frozenset({404, 410})


class Repository:
    """The port `Forge`. What it wrote is remembered, so that repeating it costs no request either."""

    def __init__(self, name: str, api: Api, close: Callable[[], None]) -> None:
        self.name = name
        self.close = close
        self._api = api
        self._me: str | None = None
        self._statuses: Remembered[dict[str, tuple[str, str, str]]] = Remembered()
        self._notes: Remembered[tuple[str, str]] = Remembered()

    @property
    def can(self) -> Capabilities:
        return self._api.can

    def open_requests(self) -> tuple[RequestAtForge, ...]:
        with self._understood():
            return tuple(self._api.requests())

    def open_request(self, revision: str, branch: str, base: str, title: str, body: str) -> str:
        for one in self.open_requests():
            if (one.head, one.base, one.fork) == (revision, base, False):
                return one.url
        with self._understood():
            text = clipped(body, self.can.body)
            return self._api.add_request(branch, base, clipped(single_line(title), MAX_TITLE), text)

    def comments_since(self, since: datetime) -> tuple[RequestComment, ...]:
        with self._understood():
            own = self.me
            found = [
                one for one in self._api.comments(since) if one.updated >= since and not _is_own(one, own)
            ]
        return tuple(sorted(found, key=lambda one: (one.updated, one.id)))

    def may_write(self) -> bool | None:
        """Whether the token may write, as far as the forge says without a write. The errors of a forge if it is refused."""
        with self._understood():
            return self._api.may_write() if self.me else None

    @property
    def me(self) -> str:
        with self._understood():
            if self._me is None:
                self._me = self._api.me()
            return self._me

    def set_status(self, revision: str, status: CommitStatus) -> None:
        description = clipped(single_line(status.description), self.can.description)
        wanted = (self._api.states[status.state], description, status.url or "")
        with self._understood():
            known = self._statuses.get(revision, lambda: dict(self._api.statuses(revision)))
            if known.get(status.context) != wanted:
                self._api.add_status(
                    revision, CommitStatus(status.context, status.state, description, status.url)
                )
                known[status.context] = wanted

    def save_comment(self, number: int, marker: str, body: str) -> None:
        self._save(Request(number), marker, body)

    def save_commit_comment(self, revision: str, marker: str, body: str) -> None:
        if not self.can.commit_comments:
            raise ForgeRefused(forge=self.name, request="a comment on a commit", problem="it has none")
        self._save(Commit(revision), marker, body)

    def _save(self, place: Place, marker: str, body: str) -> None:
        text = clipped(f"{marker}\n{body}", self.can.body)
        with self._understood():
            try:
                self._save_at(place, marker, text)
            except ForgeRefused as refusal:
                # Somebody deleted it since it was remembered.
                if refusal.facts.get("status") not in _GONE or not self._notes.forget((place, marker)):
                    raise
                self._save_at(place, marker, text)

    def _save_at(self, place: Place, marker: str, text: str) -> None:
        known = self._notes.peek((place, marker)) or self._found(place, marker)
        if known is None:
            note = self._api.add_note(place, text)
        else:
            note, before = known
            if not same(before, text):
                self._api.edit_note(place, note, text)
        self._notes.put((place, marker), (note, text))

    def _found(self, place: Place, marker: str) -> tuple[str, str] | None:
        """Anybody can paste the marker: only what Driftline's own login wrote counts."""
        for note in self._api.notes(place):
            if note.author == self.me and split_marker(note.body)[0] == marker:
                return note.id, note.body
        return None

    def open_issue(self, text: IssueText) -> int:
        label = next(iter(text.labels), "")
        known = next((one.number for one in self.own_issues(label) if one.marker == text.marker), None)
        if known is not None:
            return known
        with self._understood():
            return self._tracker.add_issue(*self._issue(text), text.labels, text.assignees)

    def update_issue(self, number: int, text: IssueText) -> None:
        title, body = self._issue(text)
        with self._understood():
            before = self._notes.peek(Ticket(number))
            if before is None or before[0] != title or not same(before[1], body):
                self._tracker.edit_issue(number, title, body)
                self._notes.put(Ticket(number), (title, body))

    def close_issue(self, number: int, comment: str) -> None:
        text, place = clipped(comment, self.can.body), Ticket(number)
        with self._understood():
            if not self._tracker.is_open(number):
                return
            # A crash may come between the two: the comment is not repeated then.
            if not any(note.author == self.me and same(note.body, text) for note in self._api.notes(place)):
                self._api.add_note(place, text)
            self._tracker.close_issue(number)

    def own_issues(self, label: str) -> tuple[IssueAtForge, ...]:
        return tuple(self._own_issues(label))

    def _own_issues(self, label: str) -> Iterator[IssueAtForge]:
        with self._understood():
            for one in self._tracker.issues(label):
                marker, body = split_marker(one.body)
                if marker is not None and one.author == self.me:
                    self._notes.put(Ticket(one.number), (one.title, one.body))
                    yield IssueAtForge(one.number, marker, one.title, body, one.url)

    @property
    def _tracker(self) -> Tracker:
        if not isinstance(self._api, Tracker):
            raise ForgeRefused(forge=self.name, request="an issue", problem="it has no issues")
        return self._api

    def _issue(self, text: IssueText) -> tuple[str, str]:
        body = clipped(f"{text.marker}\n{text.body}", self.can.body)
        return clipped(single_line(text.title), MAX_TITLE), body

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except NoAnswer as error:
            raise ForgeUnreachable(forge=self.name, problem=str(error)) from None


def _is_own(comment: RequestComment, me: str) -> bool:
    """The token may be a person's, who also writes comments."""
    return comment.author_id == me and split_marker(comment.body)[0] is not None


class Remembered(Generic[V]):
    """The values that were used last."""

    def __init__(self) -> None:
        self._values: OrderedDict[Any, V] = OrderedDict()

    def get(self, key: Hashable, made: Callable[[], V]) -> V:
        known = self.peek(key)
        return known if known is not None else self.put(key, made())

    def peek(self, key: Hashable) -> V | None:
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def put(self, key: Hashable, value: V) -> V:
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > REMEMBERED:
            self._values.popitem(last=False)
        return value

    def forget(self, key: Hashable) -> bool:
        return self._values.pop(key, None) is not None
