"""Bitbucket Data Center. It tells who a token is for in headers only, and numbers the versions of a comment."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from runner.forge.api import Note, Place, Request
from runner.forge.bitbucket import MAX_KEY, STATES
from runner.forge.connection import MAX_PAGES, Connection
from runner.forge.exchange import NoAnswer
from runner.forge.link_marker import as_definition, with_marker
from runner.forge.reading import (
    MAX_BODY,
    MAX_OWN,
    at,
    instant,
    is_revision,
    link,
    listed,
    number,
    text,
)
from runner.model.forge.request import RequestAtForge, RequestComment
from runner.model.forge.text import Capabilities, CommitStatus

PER_PAGE = 100
_APPROVED = "APPROVED"


class BitbucketServer:
    # Comments on commits can be listed for one file only.
    can = Capabilities(body=32_760, description=255, details=False, issues=False, commit_comments=False)
    states = STATES

    def __init__(self, connection: Connection, path: str) -> None:
        self._to = connection
        project, _, name = path.partition("/")
        self._repository = f"/projects/{project}/repos/{name}"
        self._at = f"/api/latest{self._repository}"

    def me(self) -> str:
        """The token of a project or a repository is nobody's."""
        found = self._to.send("GET", "/api/latest/application-properties").headers.get("x-auserid", "")
        if not found.isdecimal():
            raise NoAnswer("its answer does not say whose the token is; use one of an account")
        return found

    def may_write(self) -> bool | None:
        self._to.get(self._at)
        return None

    def requests(self) -> Iterator[RequestAtForge]:
        for one in self._open_ones():
            if is_revision(text(one, "fromRef", "latestCommit")):
                yield RequestAtForge(
                    number=number(one, "id"),
                    title=text(one, "title"),
                    author=text(one, "author", "user", "name"),
                    head=text(one, "fromRef", "latestCommit"),
                    base=text(one, "toRef", "displayId"),
                    url=link(next(iter(listed(one, "links", "self")), None), "href"),
                    fork=at(one, "fromRef", "repository", "id") != at(one, "toRef", "repository", "id"),
                    draft=at(one, "draft") is True,
                )

    def add_request(self, branch: str, base: str, title: str, body: str) -> str:
        sides = {"fromRef": {"id": f"refs/heads/{branch}"}, "toRef": {"id": f"refs/heads/{base}"}}
        told = {**sides, "title": title, "description": body}
        made = self._to.write("POST", f"{self._at}/pull-requests", told)
        return link(next(iter(listed(made, "links", "self")), None), "href")

    def comments(self, since: datetime) -> Iterator[RequestComment]:
        """A reply is listed with what it answers, which may be old, so that every open request is read."""
        for request in self._open_ones():
            of = number(request, "id")
            for one in self._activities(of):
                if text(one, "action") == _APPROVED and instant(one, "createdDate") >= since:
                    yield _approval(of, one)
                for comment in _with_replies(at(one, "comment")):
                    if instant(comment, "updatedDate") >= since:
                        yield _comment(of, comment)

    def _open_ones(self) -> Iterator[Any]:
        return self._pages(f"{self._at}/pull-requests", state="OPEN", order="OLDEST")

    def _activities(self, request: int) -> Iterator[Any]:
        return self._pages(f"{self._at}/pull-requests/{request}/activities")

    def statuses(self, revision: str) -> Iterator[tuple[str, tuple[str, str, str]]]:
        """The builds of a repository can be read one by one only."""
        for one in self._pages(f"/build-status/latest/commits/{revision}"):
            target = text(one, "url", longest=2000)
            shown = "" if target == self._home else target
            yield text(one, "name"), (text(one, "state"), text(one, "description"), shown)

    def add_status(self, revision: str, status: CommitStatus) -> None:
        told = {
            "key": hashlib.sha256(status.context.encode()).hexdigest()[:MAX_KEY],
            "name": status.context,
            "state": self.states[status.state],
            "description": status.description,
            "url": status.url or self._home,
        }
        self._to.write("POST", f"{self._at}/commits/{revision}/builds", told)

    @property
    def _home(self) -> str:
        """A status has to have an address."""
        return f"{self._to.base.removesuffix('/rest')}{self._repository}"

    def notes(self, place: Place) -> Iterator[Note]:
        """Comments by themselves can be listed for one file only."""
        for activity in self._activities(_number(place)):
            if one := at(activity, "comment"):
                body = with_marker(text(one, "text", longest=MAX_OWN))
                yield Note(str(number(one, "id")), str(at(one, "author", "id")), body)

    def add_note(self, place: Place, body: str) -> str:
        told = {"text": as_definition(body)}
        return str(number(self._to.write("POST", self._comments(place), told), "id"))

    def edit_note(self, place: Place, note: str, body: str) -> None:
        """Only its newest version can be replaced."""
        address = f"{self._comments(place)}/{note}"
        version = number(self._to.get(address), "version")
        self._to.write("PUT", address, {"text": as_definition(body), "version": version})

    def _comments(self, place: Place) -> str:
        return f"{self._at}/pull-requests/{_number(place)}/comments"

    def _pages(self, path: str, **params: str) -> Iterator[Any]:
        start = 0
        for _ in range(MAX_PAGES):
            answer = self._to.get(path, **params, limit=PER_PAGE, start=start)
            yield from listed(answer, "values")
            if at(answer, "isLastPage") is not False:
                return
            start = number(answer, "nextPageStart")


def _number(place: Place) -> int:
    assert isinstance(place, Request)
    return place.number


def _with_replies(comment: Any) -> Iterator[Any]:
    """To any depth, as the answer was bounded."""
    waiting = [comment] if isinstance(comment, dict) else []
    while waiting:
        one = waiting.pop()
        yield one
        waiting += listed(one, "comments")


def _comment(of: int, one: Any) -> RequestComment:
    return RequestComment(
        number=of,
        id=str(number(one, "id")),
        author=text(one, "author", "name"),
        author_id=str(at(one, "author", "id") or ""),
        body=with_marker(text(one, "text", longest=MAX_BODY)),
        at=instant(one, "createdDate"),
        updated=instant(one, "updatedDate"),
        edited=at(one, "version") != 0,
    )


def _approval(of: int, one: Any) -> RequestComment:
    """It has no text, and the activity does not say for which head it was given."""
    when = instant(one, "createdDate")
    author, ident = text(one, "user", "name"), str(at(one, "user", "id") or "")
    return RequestComment(of, str(number(one, "id")), author, ident, "", when, when, kind="review-approved")
