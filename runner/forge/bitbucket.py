"""Bitbucket Cloud. It shows HTML as text, names people by account id, and has no issues any more."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from runner.forge.api import Commit, Note, Place
from runner.forge.connection import MAX_PAGES, Connection
from runner.forge.link_marker import as_definition, with_marker
from runner.forge.reading import MAX_BODY, MAX_OWN, at, is_revision, link, listed, moment, number, text
from runner.model.forge.request import RequestAtForge, RequestComment
from runner.model.forge.text import Capabilities, CommitStatus, StatusState

STATES: Mapping[StatusState, str] = {
    "pending": "INPROGRESS",
    "success": "SUCCESSFUL",
    "failure": "FAILED",
    "error": "FAILED",
}
PER_PAGE = 50
MAX_KEY = 40


class Bitbucket:
    can = Capabilities(body=32_760, details=False, issues=False)
    states = STATES

    def __init__(self, connection: Connection, path: str) -> None:
        self._to = connection
        self._path = path
        self._at = f"/repositories/{path}"
        self._whole: dict[str, str] = {}

    def me(self) -> str:
        return text(self._to.get("/user"), "uuid")

    def may_write(self) -> bool | None:
        self._to.get(self._at)
        return None

    def requests(self) -> Iterator[RequestAtForge]:
        for one in self._pages("/pullrequests", state="OPEN"):
            head = self._revision(one)
            if is_revision(head):
                yield RequestAtForge(
                    number=number(one, "id"),
                    title=text(one, "title"),
                    author=text(one, "author", "account_id"),
                    head=head,
                    base=text(one, "destination", "branch", "name"),
                    url=link(one, "links", "html", "href"),
                    fork=text(one, "source", "repository", "full_name") != self._path,
                    draft=at(one, "draft") is True,
                )

    def _revision(self, request: Any) -> str:
        """Requests have the first twelve digits of it only."""
        short = text(request, "source", "commit", "hash")
        home = text(request, "source", "repository", "full_name")
        if is_revision(short) or not re.fullmatch(r"[0-9a-f]{7,40}", short) or not home:
            return short
        if short not in self._whole:
            whole = text(self._to.get(f"/repositories/{home}/commit/{short}"), "hash")
            if not whole.startswith(short):
                return ""
            self._whole = {**dict(list(self._whole.items())[-200:]), short: whole}
        return self._whole[short]

    def add_request(self, branch: str, base: str, title: str, body: str) -> str:
        sides = {"source": {"branch": {"name": branch}}, "destination": {"branch": {"name": base}}}
        made = self._to.write(
            "POST", f"{self._at}/pullrequests", {**sides, "title": title, "description": body}
        )
        return link(made, "links", "html", "href")

    def comments(self, since: datetime) -> Iterator[RequestComment]:
        """The activity of all requests, the newest first."""
        for one in self._pages("/pullrequests/activity"):
            of = at(one, "pull_request", "id")
            found = at(one, "comment") or at(one, "approval")
            if not isinstance(of, int) or not isinstance(found, dict):
                continue
            comment = _approval(of, found) if at(one, "approval") else _comment(of, found)
            if comment.at < since:
                return
            if at(found, "deleted") is not True:
                yield comment

    def statuses(self, revision: str) -> Iterator[tuple[str, tuple[str, str, str]]]:
        for one in self._pages(f"/commit/{revision}/statuses"):
            target = text(one, "url", longest=2000)
            shown = "" if target == self._home else target
            yield text(one, "name"), (text(one, "state"), text(one, "description"), shown)

    def add_status(self, revision: str, status: CommitStatus) -> None:
        key = hashlib.sha256(status.context.encode()).hexdigest()[:MAX_KEY]
        told = {
            "key": key,
            "name": status.context,
            "state": self.states[status.state],
            "description": status.description,
            "url": status.url or self._home,
        }
        self._to.write("POST", f"{self._at}/commit/{revision}/statuses/build", told)

    @property
    def _home(self) -> str:
        """A status has to have an address."""
        return f"https://bitbucket.org/{self._path}"

    def notes(self, place: Place) -> Iterator[Note]:
        for one in self._pages(self._listed(place)):
            if at(one, "deleted") is not True:
                body = text(one, "content", "raw", longest=MAX_OWN)
                yield Note(str(number(one, "id")), text(one, "user", "uuid"), with_marker(body))

    def add_note(self, place: Place, body: str) -> str:
        made = self._to.write("POST", self._at + self._listed(place), _content(body))
        return str(number(made, "id"))

    def edit_note(self, place: Place, note: str, body: str) -> None:
        self._to.write("PUT", f"{self._at}{self._listed(place)}/{note}", _content(body))

    def _listed(self, place: Place) -> str:
        if isinstance(place, Commit):
            return f"/commit/{place.revision}/comments"
        return f"/pullrequests/{place.number}/comments"

    def _pages(self, path: str, **params: str) -> Iterator[Any]:
        """The address of the next page is in the answer."""
        following, wanted = self._at + path, {**params, "pagelen": PER_PAGE}
        for _ in range(MAX_PAGES):
            answer = self._to.get(following, **wanted)
            yield from listed(answer, "values")
            following, wanted = text(answer, "next", longest=4000), {}
            if not following:
                return


def _comment(of: int, one: Any) -> RequestComment:
    return RequestComment(
        number=of,
        id=str(number(one, "id")),
        author=text(one, "user", "account_id"),
        author_id=text(one, "user", "uuid"),
        body=with_marker(text(one, "content", "raw", longest=MAX_BODY)),
        at=moment(one, "created_on"),
        updated=moment(one, "updated_on"),
        edited=at(one, "created_on") != at(one, "updated_on"),
    )


def _approval(of: int, one: Any) -> RequestComment:
    """It has no id and no text; a person has one at a time."""
    when, who = moment(one, "date"), text(one, "user", "uuid")
    author = text(one, "user", "account_id")
    return RequestComment(of, f"{of}/{who}/{when:%s}", author, who, "", when, when, kind="review-approved")


def _content(body: str) -> dict[str, Any]:
    return {"content": {"raw": as_definition(body)}}
