"""What is at a forge, in the words of no forge: the fakes show it in theirs."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

HEAD = "a" * 40
OTHER = "b" * 40
START = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    id: int
    login: str


DRIFTLINE = Person(7, "driftline")
ANA = Person(8, "ana")


@dataclass
class Writing:
    id: int
    author: Person
    body: str
    at: datetime
    updated: datetime
    approves: bool = False
    revision: str = HEAD
    answers: list["Writing"] = field(default_factory=list)  # where a forge has them below what they answer


@dataclass
class Pull:
    number: int = 1
    title: str = "Bigger network"
    author: Person = ANA
    head: str = HEAD
    base: str = "main"
    fork: bool = False
    draft: bool = False
    labels: tuple[str, ...] = ()


@dataclass
class Ticket:
    number: int
    author: Person
    title: str
    body: str
    labels: list[str]
    assignees: list[str]
    is_open: bool = True


@dataclass
class World:
    """`at` is the forge's clock, a second later with every writing."""

    branches: dict[str, str] = field(default_factory=dict)  # heads, for requests that are opened here
    pulls: list[Pull] = field(default_factory=lambda: [Pull()])
    writings: dict[Any, list[Writing]] = field(default_factory=dict)  # by number of a request, or by revision
    statuses: list[dict[str, str]] = field(default_factory=list)
    issues: list[Ticket] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    at: datetime = START
    me: Person = DRIFTLINE
    _ids: Any = field(default_factory=lambda: count(100))

    def open(self, branch: str, base: str, title: str) -> Pull:
        made = Pull(len(self.pulls) + 1, title, self.me, head=self.branches[branch], base=base)
        self.pulls.append(made)
        return made

    def tick(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def write(
        self, place: Any, body: str, author: Person | None = None, *, approves: bool = False
    ) -> Writing:
        now = self.tick()
        made = Writing(next(self._ids), author or self.me, body, now, now, approves)
        self.writings.setdefault(place, []).append(made)
        return made

    def edit(self, ident: int, body: str) -> tuple[Any, Writing]:
        place, one = next((p, w) for p, found in self.writings.items() for w in found if w.id == ident)
        one.body, one.updated = body, self.tick()
        return place, one

    def comments(self, place: Any) -> list[Writing]:
        return [one for one in self.writings.get(place, []) if not one.approves]

    def approvals(self, place: Any) -> list[Writing]:
        return [one for one in self.writings.get(place, []) if one.approves]

    def set_status(
        self, revision: str, context: str, state: str, description: str, url: str
    ) -> dict[str, str]:
        told = {
            "revision": revision,
            "context": context,
            "state": state,
            "description": description,
            "url": url,
        }
        self.statuses.append(told)
        return told

    def status(self, revision: str, context: str) -> dict[str, str]:
        wanted = [one for one in self.statuses if (one["revision"], one["context"]) == (revision, context)]
        return wanted[-1]

    def open_issue(self, title: str, body: str, labels: list[str], assignees: list[str]) -> Ticket:
        made = Ticket(len(self.issues) + 50, self.me, title, body, labels, assignees)
        self.issues.append(made)
        return made

    def issue(self, number: int) -> Ticket:
        return next(one for one in self.issues if one.number == number)


def told(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
