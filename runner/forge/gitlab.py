"""GitLab, also self-managed. An approval is a note of the system, and a line that begins with a slash is a command."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from runner.errors import ForgeRefused
from runner.forge.api import Commit, Issue, Note, Place, Request
from runner.forge.connection import Connection, items
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
DEVELOPER = 30  # the lowest role that may set statuses
MAX_ASSIGNEES = 10
# GitLab runs quick actions such as `/close` also from what a program wrote; an invisible space disarms them.
_COMMAND = re.compile(r"(?m)^(\s*)/(?=\w)")
_DISARMED = "\u200b/"
_APPROVED = "approved this merge request"


class GitLab:
    # GitLab's own limit is 1,048,576 characters; disarmed commands are at most twice as long.
    can = Capabilities(body=500_000, description=255)
    states = _STATES

    def __init__(self, connection: Connection, path: str) -> None:
        self._to = connection
        self._at = f"/projects/{quote(path, safe='')}"

    def me(self) -> str:
        return str(number(self._to.get("/user"), "id"))

    def may_write(self) -> bool | None:
        found = at(self._to.get(self._at), "permissions")
        levels = [at(found, name, "access_level") for name in ("project_access", "group_access")]
        known = [level for level in levels if isinstance(level, int)]
        return max(known) >= DEVELOPER if known else None

    def requests(self) -> Iterator[RequestAtForge]:
        for one in self._pages("/merge_requests", state="opened", order_by="created_at", sort="asc"):
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

    def add_request(self, branch: str, base: str, title: str, body: str) -> str:
        told = {
            "source_branch": branch,
            "target_branch": base,
            "title": title,
            "description": _disarmed(body),
        }
        return link(self._to.write("POST", f"{self._at}/merge_requests", told), "web_url")

    def comments(self, since: datetime) -> Iterator[RequestComment]:
        moved = since.astimezone(UTC).isoformat()
        for request in self._pages("/merge_requests", state="opened", updated_after=moved):
            of = number(request, "iid")
            for one in self._pages(f"/merge_requests/{of}/notes", order_by="updated_at", sort="desc"):
                if moment(one, "updated_at") < since:
                    break
                by_system = at(one, "system") is True
                if not by_system or text(one, "body") == _APPROVED:
                    yield _comment(of, one, approves=by_system)

    def statuses(self, revision: str) -> Iterator[tuple[str, tuple[str, str, str]]]:
        for one in self._pages(f"/repository/commits/{revision}/statuses"):
            target = text(one, "target_url", longest=2000)
            yield text(one, "name"), (text(one, "status"), text(one, "description"), target)

    def add_status(self, revision: str, status: CommitStatus) -> None:
        told = {"name": status.context, "state": self.states[status.state], "description": status.description}
        target = {"target_url": status.url} if status.url else {}
        try:
            self._to.write("POST", f"{self._at}/statuses/{revision}", {**told, **target})
        except ForgeRefused as refusal:
            # To the state that it is in already: GitLab keeps the old description then.
            if "Cannot transition status" not in refusal.message:
                raise

    def notes(self, place: Place) -> Iterator[Note]:
        """Comments on commits can be changed as parts of their discussion only."""
        if not isinstance(place, Commit):
            for one in self._pages(self._listed(place), order_by="created_at", sort="asc"):
                yield _note(str(number(one, "id")), one)
            return
        for thread in self._pages(self._listed(place)):
            for one in listed(thread, "notes")[:1]:
                yield _note(f"{text(thread, 'id')}/notes/{number(one, 'id')}", one)

    def add_note(self, place: Place, body: str) -> str:
        made = self._to.write("POST", self._at + self._listed(place), {"body": _disarmed(body)})
        if not isinstance(place, Commit):
            return str(number(made, "id"))
        return f"{text(made, 'id')}/notes/{number(next(iter(listed(made, 'notes')), None), 'id')}"

    def edit_note(self, place: Place, note: str, body: str) -> None:
        self._to.write("PUT", f"{self._at}{self._listed(place)}/{note}", {"body": _disarmed(body)})

    def _listed(self, place: Place) -> str:
        if isinstance(place, Commit):
            return f"/repository/commits/{place.revision}/discussions"
        return f"/{'merge_requests' if isinstance(place, Request) else 'issues'}/{place.number}/notes"

    def issues(self, label: str) -> Iterator[Issue]:
        for one in self._pages("/issues", state="opened", labels=label):
            body = _armed(text(one, "description", longest=MAX_OWN))
            author = str(at(one, "author", "id"))
            yield Issue(number(one, "iid"), author, text(one, "title"), body, link(one, "web_url"))

    def add_issue(self, title: str, body: str, labels: tuple[str, ...], assignees: tuple[str, ...]) -> int:
        told = {
            "title": title,
            "description": _disarmed(body),
            "labels": ",".join(labels),
            "assignee_ids": list(self._ids(assignees[:MAX_ASSIGNEES])),
        }
        return number(self._to.write("POST", f"{self._at}/issues", told), "iid")

    def _ids(self, names: tuple[str, ...]) -> Iterator[int]:
        for name in names:
            yield from (number(one, "id") for one in items(self._to.get("/users", username=name))[:1])

    def edit_issue(self, number: int, title: str, body: str) -> None:
        told = {"title": title, "description": _disarmed(body)}
        self._to.write("PUT", f"{self._at}/issues/{number}", told)

    def is_open(self, number: int) -> bool:
        return text(self._to.get(f"{self._at}/issues/{number}"), "state") == "opened"

    def close_issue(self, number: int) -> None:
        self._to.write("PUT", f"{self._at}/issues/{number}", {"state_event": "close"})

    def _pages(self, path: str, **params: Any) -> Iterator[Any]:
        return self._to.pages(self._at + path, **params, per_page=PER_PAGE)


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
