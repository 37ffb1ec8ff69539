"""Gitea and Forgejo, whose APIs are the same for what is used here. They have no comments on commits."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from runner.forge.api import Issue, Place, Request, Ticket
from runner.forge.connection import MAX_PAGES, items
from runner.forge.like_github import LikeGitHub, issue_of, request_of
from runner.forge.reading import MAX_BODY, at, last_number, moment, number, text
from runner.model.forge.request import RequestAtForge, RequestComment
from runner.model.forge.text import Capabilities

PER_PAGE = 50  # the most that a server gives if its operator did not change it
_COLOUR = "#d93f0b"  # a label has to have one


class Gitea(LikeGitHub):
    can = Capabilities(body=65_536, commit_comments=False)
    newest_first: ClassVar[Mapping[str, str]] = {"sort": "highestindex"}

    def requests(self) -> Iterator[RequestAtForge]:
        found = (request_of(one, "repo_id") for one in self._pages("/pulls", state="open", sort="oldest"))
        return (one for one in found if one is not None)

    def comments(self, since: datetime) -> Iterator[RequestComment]:
        for one in self._pages("/issues/comments", since=f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"):
            if address := text(one, "pull_request_url"):
                yield _comment(
                    last_number(address), one, moment(one, "created_at"), moment(one, "updated_at")
                )
        yield from self._approvals(since)

    def _approvals(self, since: datetime) -> Iterator[RequestComment]:
        for request in self._pages("/pulls", state="open", sort="recentupdate"):
            if moment(request, "updated_at") < since:
                return
            of = number(request, "number")
            for one in self._pages(f"/pulls/{of}/reviews"):
                if text(one, "state") == "APPROVED" and at(one, "dismissed") is not True:
                    updated = moment(one, "updated_at" if at(one, "updated_at") else "submitted_at")
                    yield _comment(of, one, moment(one, "submitted_at"), updated, text(one, "commit_id"))

    def edit_note(self, place: Place, note: str, body: str) -> None:  # noqa: ARG002 - ids are unique in a repository
        self._to.write("PATCH", f"{self._at}/issues/comments/{note}", {"body": body})

    def _listed(self, place: Place) -> str:
        assert isinstance(place, Request | Ticket)
        return f"/issues/{place.number}/comments"

    def issues(self, label: str) -> Iterator[Issue]:
        return (issue_of(one) for one in self._pages("/issues", type="issues", state="open", labels=label))

    def add_issue(self, title: str, body: str, labels: tuple[str, ...], assignees: tuple[str, ...]) -> int:
        known = {text(one, "login").casefold() for one in self._pages("/assignees")} if assignees else set()
        told = {
            "title": title,
            "body": body,
            "labels": self._label_ids(labels),
            "assignees": [name for name in assignees if name.casefold() in known],
        }
        return number(self._to.write("POST", f"{self._at}/issues", told), "number")

    def _label_ids(self, names: tuple[str, ...]) -> list[int]:
        """Unlike other forges, Gitea does not make a label with the first issue that has it."""
        known = {text(one, "name"): number(one, "id") for one in self._pages("/labels")}
        for name in names:
            if name not in known:
                made = self._to.write("POST", f"{self._at}/labels", {"name": name, "color": _COLOUR})
                known[name] = number(made, "id")
        return [known[name] for name in names]

    def close_issue(self, number: int) -> None:
        self._to.write("PATCH", f"{self._at}/issues/{number}", {"state": "closed"})

    def _pages(self, path: str, **params: Any) -> Iterator[Any]:
        """By number: not every list has the header Link, and some are never cut into pages."""
        seen, before = 0, None
        for page in range(1, MAX_PAGES + 1):
            answer = self._to.send("GET", self._at + path, params={**params, "page": page, "limit": PER_PAGE})
            found = items(answer.data())
            if not found or found == before:
                return
            yield from found
            seen, before = seen + len(found), found
            if str(seen) == answer.headers.get("x-total-count"):
                return


def _comment(
    of: int, one: Any, written: datetime, updated: datetime, revision: str | None = None
) -> RequestComment:
    return RequestComment(
        number=of,
        id=str(number(one, "id")),
        author=text(one, "user", "login"),
        author_id=str(at(one, "user", "id") or ""),
        body=text(one, "body", longest=MAX_BODY),
        at=written,
        updated=updated,
        edited=written != updated,
        kind="comment" if revision is None else "review-approved",
        revision=revision or None,
    )
