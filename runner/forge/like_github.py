"""What the APIs of GitHub and Gitea have in common: Gitea's was made after the other."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from runner.forge.api import SAME_STATES, Issue, Note, Place
from runner.forge.connection import Connection
from runner.forge.reading import MAX_OWN, at, is_revision, link, listed, number, text
from runner.model.forge.request import RequestAtForge
from runner.model.forge.text import CommitStatus, StatusState


class LikeGitHub(ABC):
    states: Mapping[StatusState, str] = SAME_STATES
    newest_first: ClassVar[Mapping[str, str]] = {}  # asks for it, where a list of statuses is not so anyway

    def __init__(self, connection: Connection, path: str) -> None:
        self._to = connection
        self._path = path
        self._at = f"/repos/{path}"

    def me(self) -> str:
        return str(number(self._to.get("/user"), "id"))

    def may_write(self) -> bool | None:
        """Of the account: a token can be for less, which nothing tells."""
        may = at(self._to.get(self._at), "permissions", "push")
        return may if isinstance(may, bool) else None

    @abstractmethod
    def _pages(self, path: str, **params: Any) -> Iterator[Any]:
        """The items of a list of the repository."""

    @abstractmethod
    def _listed(self, place: Place) -> str:
        """The path of a list of comments."""

    def add_request(self, branch: str, base: str, title: str, body: str) -> str:
        told = {"head": branch, "base": base, "title": title, "body": body}
        return link(self._to.write("POST", f"{self._at}/pulls", told), "html_url")

    def statuses(self, revision: str) -> Iterator[tuple[str, tuple[str, str, str]]]:
        """The list has all that were ever set. Its name of the state differs."""
        seen: set[str] = set()
        for one in self._pages(f"/commits/{revision}/statuses", **self.newest_first):
            if (context := text(one, "context")) not in seen:
                seen.add(context)
                state = text(one, "state") or text(one, "status")
                yield context, (state, text(one, "description"), text(one, "target_url", longest=2000))

    def add_status(self, revision: str, status: CommitStatus) -> None:
        told = {"context": status.context, "state": status.state, "description": status.description}
        target = {"target_url": status.url} if status.url else {}
        self._to.write("POST", f"{self._at}/statuses/{revision}", {**told, **target})

    def notes(self, place: Place) -> Iterator[Note]:
        for one in self._pages(self._listed(place)):
            yield Note(str(number(one, "id")), _author(one), text(one, "body", longest=MAX_OWN))

    def add_note(self, place: Place, body: str) -> str:
        return str(number(self._to.write("POST", self._at + self._listed(place), {"body": body}), "id"))

    def edit_issue(self, number: int, title: str, body: str) -> None:
        self._to.write("PATCH", f"{self._at}/issues/{number}", {"title": title, "body": body})

    def is_open(self, number: int) -> bool:
        return text(self._to.get(f"{self._at}/issues/{number}"), "state") == "open"


def request_of(one: Any, *repository: str) -> RequestAtForge | None:
    """`repository`: where the id of a side's repository is. None if the head is no revision."""
    if not is_revision(text(one, "head", "sha")):
        return None
    return RequestAtForge(
        number=number(one, "number"),
        title=text(one, "title"),
        author=text(one, "user", "login"),
        head=text(one, "head", "sha"),
        base=text(one, "base", "ref"),
        url=link(one, "html_url"),
        fork=at(one, "head", *repository) != at(one, "base", *repository),
        draft=at(one, "draft") is True,
        labels=tuple(text(label, "name") for label in listed(one, "labels")),
    )


def issue_of(one: Any) -> Issue:
    body = text(one, "body", longest=MAX_OWN)
    return Issue(number(one, "number"), _author(one), text(one, "title"), body, link(one, "html_url"))


def _author(one: Any) -> str:
    return str(at(one, "user", "id"))
