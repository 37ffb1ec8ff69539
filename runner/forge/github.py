"""GitHub, also Enterprise: the REST API, and GraphQL for reviews, which alone says whether a review was edited."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from runner.errors import ForgeRefused
from runner.forge.api import Commit, Issue, Place
from runner.forge.exchange import NoAnswer
from runner.forge.github_app import AppToken
from runner.forge.like_github import LikeGitHub, issue_of, request_of
from runner.forge.reading import MAX_BODY, at, last_number, listed, moment, number, text
from runner.model.forge.request import RequestAtForge, RequestComment
from runner.model.forge.text import Capabilities

PER_PAGE = 100
MAX_ASSIGNEES = 10  # https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/assigning-issues-and-pull-requests-to-other-github-users
_MAX_REVIEW_PAGES = 10
REVIEWS = """
query($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequests(states: OPEN, first: 50, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number
        updatedAt
        reviews(last: 50, states: APPROVED) {
          nodes {
            fullDatabaseId
            body
            submittedAt
            updatedAt
            lastEditedAt
            author { login ... on User { databaseId } ... on Bot { databaseId } }
            commit { oid }
          }
        }
      }
    }
  }
}
"""


class GitHub(LikeGitHub):
    can = Capabilities(body=65_536)

    def me(self) -> str:
        credentials = self._to.credentials
        if isinstance(credentials, AppToken):
            return str(number(self._to.get(f"/users/{quote(credentials.login())}"), "id"))
        return super().me()

    def may_write(self) -> bool | None:
        if isinstance(self._to.credentials, AppToken):
            return self._to.credentials.may_write()
        return super().may_write()

    def requests(self) -> Iterator[RequestAtForge]:
        found = (request_of(one, "repo", "id") for one in self._pages("/pulls", state="open"))
        return (one for one in found if one is not None)

    def comments(self, since: datetime) -> Iterator[RequestComment]:
        wanted = {
            "sort": "updated",
            "direction": "asc",
            "since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
        for one in self._pages("/issues/comments", **wanted):
            if "/pull/" in text(one, "html_url"):
                yield RequestComment(
                    number=last_number(text(one, "issue_url")),
                    id=str(number(one, "id")),
                    author=text(one, "user", "login"),
                    author_id=str(at(one, "user", "id") or ""),
                    body=text(one, "body", longest=MAX_BODY),
                    at=moment(one, "created_at"),
                    updated=moment(one, "updated_at"),
                    edited=at(one, "created_at") != at(one, "updated_at"),
                )
        yield from self._approvals(since)

    def _approvals(self, since: datetime) -> Iterator[RequestComment]:
        for request in self._reviewed():
            if moment(request, "updatedAt") < since:
                return
            for one in listed(request, "reviews", "nodes"):
                yield RequestComment(
                    number=number(request, "number"),
                    id=text(one, "fullDatabaseId"),
                    author=text(one, "author", "login"),
                    author_id=str(at(one, "author", "databaseId") or ""),
                    body=text(one, "body", longest=MAX_BODY),
                    at=moment(one, "submittedAt"),
                    updated=moment(one, "updatedAt"),
                    edited=at(one, "lastEditedAt") is not None,
                    kind="review-approved",
                    revision=text(one, "commit", "oid") or None,
                )

    def _reviewed(self) -> Iterator[Any]:
        """Open requests, the latest update first."""
        after = None
        for _ in range(_MAX_REVIEW_PAGES):
            owner, name = self._path.split("/")
            variables = {"owner": owner, "name": name, "after": after}
            address = f"{self._to.base.removesuffix('/v3')}/graphql"
            answer = self._to.write("POST", address, {"query": REVIEWS, "variables": variables})
            if listed(answer, "errors"):
                raise NoAnswer(self._to.told(text(listed(answer, "errors")[0], "message")))
            found = at(answer, "data", "repository", "pullRequests")
            yield from listed(found, "nodes")
            after = text(found, "pageInfo", "endCursor")
            if at(found, "pageInfo", "hasNextPage") is not True:
                return

    def edit_note(self, place: Place, note: str, body: str) -> None:
        of = "/comments" if isinstance(place, Commit) else "/issues/comments"
        self._to.write("PATCH", f"{self._at}{of}/{note}", {"body": body})

    def _listed(self, place: Place) -> str:
        if isinstance(place, Commit):
            return f"/commits/{place.revision}/comments"
        return f"/issues/{place.number}/comments"

    def issues(self, label: str) -> Iterator[Issue]:
        found = self._pages("/issues", state="open", labels=label)
        return (issue_of(one) for one in found if at(one, "pull_request") is None)

    def add_issue(self, title: str, body: str, labels: tuple[str, ...], assignees: tuple[str, ...]) -> int:
        known = [name for name in assignees if self._may_be_assigned(name)][:MAX_ASSIGNEES]
        told = {"title": title, "body": body, "labels": list(labels), "assignees": known}
        return number(self._to.write("POST", f"{self._at}/issues", told), "number")

    def _may_be_assigned(self, name: str) -> bool:
        """GitHub refuses an issue for somebody whom it does not know."""
        try:
            self._to.send("GET", f"{self._at}/assignees/{quote(name, safe='')}")
        except ForgeRefused as refusal:
            if refusal.facts["status"] != 404:
                raise
            return False
        return True

    def close_issue(self, number: int) -> None:
        told = {"state": "closed", "state_reason": "completed"}
        self._to.write("PATCH", f"{self._at}/issues/{number}", told)

    def _pages(self, path: str, **params: Any) -> Iterator[Any]:
        return self._to.pages(self._at + path, **params, per_page=PER_PAGE)
