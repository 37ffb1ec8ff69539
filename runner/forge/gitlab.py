"""GitLab by python-gitlab, whose requests go through the same bounded connection as those to other forges."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice
from typing import Any

import gitlab
from gitlab._backends.requests_backend import RequestsBackend, RequestsResponse
from gitlab.v4.objects import Project
from requests import Response
from requests.structures import CaseInsensitiveDict

from runner.errors import ForgeRefused
from runner.forge.api import Commit, Issue, Note, Place, Request
from runner.forge.connection import MAX_PAGES, Connection
from runner.forge.reading import MAX_BODY, MAX_OWN, at, is_revision, link, listed, moment, number, text
from runner.model.forge.request import RequestAtForge, RequestComment
from runner.model.forge.text import Capabilities, CommitStatus, StatusState

_STATES: Mapping[StatusState, str] = {
    "pending": "pending",
    "success": "success",
    "failure": "failed",
    "error": "failed",
}
PER_PAGE = 100
# A line like `/close` is a command to GitLab, also in what was written by a program: an invisible space disarms it.
_COMMAND = re.compile(r"(?m)^(\s*)/(?=\w)")
_DISARMED = "\u200b/"
_APPROVED = "approved this merge request"


class Through(RequestsBackend):
    """Sends the requests of python-gitlab through our connection, which also adds the token and raises the errors."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._to = connection

    def http_request(
        self,
        method: str,
        url: str,
        json: Any = None,
        data: Any = None,  # noqa: ARG002 - only files are sent as such
        params: Any = None,
        *_: Any,
        **__: Any,
    ) -> RequestsResponse:
        answer = self._to.send(method.upper(), url, params=params, json=json)
        response = Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response.raw = BytesIO(answer.body)
        return RequestsResponse(response)


class GitLab:
    # GitLab's own limit is 1,048,576 characters; disarmed commands are at most twice as long.
    can = Capabilities(body=500_000, description=255)
    states = _STATES

    def __init__(self, connection: Connection, path: str) -> None:
        url = connection.base.removesuffix("/api/v4")
        self._to = connection
        self._lab = gitlab.Gitlab(
            url, backend=Through, connection=connection, per_page=PER_PAGE, keep_base_url=True
        )
        self._project: Project = self._lab.projects.get(path, lazy=True)

    def me(self) -> str:
        return str(number(self._lab.http_get("/user"), "id"))

    def requests(self) -> Iterator[RequestAtForge]:
        for one in _some(self._project.mergerequests, state="opened", order_by="created_at", sort="asc"):
            if is_revision(text(one, "sha")):
                yield RequestAtForge(
                    number=number(one, "iid"),
                    title=text(one, "title"),
                    author=text(one, "author", "username"),
                    head=text(one, "sha"),
                    base=text(one, "target_branch"),
                    url=link(one, "web_url"),
                    fork=at(one, "source_project_id") != at(one, "target_project_id"),
                    draft=at(one, "draft") is True,
                    labels=tuple(label for label in listed(one, "labels") if isinstance(label, str)),
                )

    def comments(self, since: datetime) -> Iterator[RequestComment]:
        """An approval is a note that GitLab itself writes, in the name of whoever approved."""
        moved = {"updated_after": since.astimezone(UTC).isoformat()}
        for request in _some(self._project.mergerequests, state="opened", **moved):
            of = number(request, "iid")
            notes = self._project.mergerequests.get(of, lazy=True).notes
            for one in _some(notes, order_by="updated_at", sort="desc"):
                if moment(one, "updated_at") < since:
                    break
                approves = at(one, "system") is True and text(one, "body") == _APPROVED
                if approves or at(one, "system") is not True:
                    yield _comment(of, one, approves=approves)

    def statuses(self, revision: str) -> Iterator[tuple[str, tuple[str, str, str]]]:
        for one in _some(self._commit(revision).statuses):
            target = text(one, "target_url", longest=2000)
            yield text(one, "name"), (text(one, "status"), text(one, "description"), target)

    def add_status(self, revision: str, status: CommitStatus) -> None:
        told = {"name": status.context, "state": self.states[status.state], "description": status.description}
        target = {"target_url": status.url} if status.url else {}
        try:
            self._commit(revision).statuses.create({**told, **target})
        except ForgeRefused as refusal:
            # To the state that it is in already: GitLab keeps the old description then.
            if "Cannot transition status" not in refusal.message:
                raise

    def _commit(self, revision: str) -> Any:
        return self._project.commits.get(revision, lazy=True)

    def notes(self, place: Place) -> Iterator[Note]:
        """Comments on commits can be changed as parts of their discussion only."""
        if not isinstance(place, Commit):
            for one in _some(self._listed(place), order_by="created_at", sort="asc"):
                yield _note(str(number(one, "id")), one)
            return
        for thread in _some(self._listed(place)):
            for one in listed(thread, "notes")[:1]:
                yield _note(f"{text(thread, 'id')}/{number(one, 'id')}", one)

    def add_note(self, place: Place, body: str) -> str:
        made = self._listed(place).create({"body": _disarmed(body)}).asdict()
        if not isinstance(place, Commit):
            return str(number(made, "id"))
        return f"{text(made, 'id')}/{number((listed(made, 'notes') or [None])[0], 'id')}"

    def edit_note(self, place: Place, note: str, body: str) -> None:
        thread, _, only = note.rpartition("/")
        notes = self._listed(place)
        if isinstance(place, Commit):
            notes = notes.get(thread, lazy=True).notes
        notes.update(int(only), {"body": _disarmed(body)})

    def _listed(self, place: Place) -> Any:
        if isinstance(place, Commit):
            return self._commit(place.revision).discussions
        of = self._project.mergerequests if isinstance(place, Request) else self._project.issues
        return of.get(place.number, lazy=True).notes

    def issues(self, label: str) -> Iterator[Issue]:
        for one in _some(self._project.issues, state="opened", labels=label):
            body = _armed(text(one, "description", longest=MAX_OWN))
            author = str(at(one, "author", "id"))
            yield Issue(number(one, "iid"), author, text(one, "title"), body, link(one, "web_url"))

    def add_issue(self, title: str, body: str, labels: tuple[str, ...], assignees: tuple[str, ...]) -> int:
        known = [one for name in assignees for one in self._lab.users.list(username=name, get_all=False)]
        told = {
            "title": title,
            "description": _disarmed(body),
            "labels": list(labels),
            "assignee_ids": [one.get_id() for one in known],
        }
        return number(self._project.issues.create(told).asdict(), "iid")

    def edit_issue(self, number: int, title: str, body: str) -> None:
        self._project.issues.update(number, {"title": title, "description": _disarmed(body)})

    def is_open(self, number: int) -> bool:
        return text(self._project.issues.get(number).asdict(), "state") == "opened"

    def close_issue(self, number: int) -> None:
        self._project.issues.update(number, {"state_event": "close"})


def _some(listing: Any, **wanted: Any) -> Iterator[dict[str, Any]]:
    for one in islice(listing.list(iterator=True, **wanted), MAX_PAGES * PER_PAGE):
        yield one.asdict()


def _note(ident: str, one: Any) -> Note:
    return Note(ident, str(at(one, "author", "id")), _armed(text(one, "body", longest=MAX_OWN)))


def _comment(of: int, one: Any, *, approves: bool) -> RequestComment:
    return RequestComment(
        number=of,
        id=str(number(one, "id")),
        author=text(one, "author", "username"),
        author_id=str(at(one, "author", "id") or ""),
        body="" if approves else text(one, "body", longest=MAX_BODY),
        at=moment(one, "created_at"),
        updated=moment(one, "updated_at"),
        edited=at(one, "created_at") != at(one, "updated_at"),
        kind="review-approved" if approves else "comment",
    )


def _disarmed(body: str) -> str:
    return _COMMAND.sub(rf"\1{_DISARMED}", body)


def _armed(body: str) -> str:
    return body.replace(_DISARMED, "/")
