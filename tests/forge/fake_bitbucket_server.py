"""Bitbucket Data Center's endpoints, with its habits: pages by their start, versions of comments, who one is in a header."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from forge_server import Asked, Fake, Refusal, Told
from forge_world import Person, Pull, World, Writing
from published import Types

REPO = "/api/latest/projects/acme/repos/infra"
REQUEST = f"{REPO}/pull-requests/{{number}}"
PUBLISHED = Types("bitbucket-server.json")
# What each endpoint takes, and what it gives or lists; the published type of activities has no comments.
TYPES = {
    "properties": (None, None),
    "repository": (None, "RestRepository"),
    "pulls": (None, "RestPullRequest"),
    "activities": (None, None),
    "comment": (None, "RestComment"),
    "add_comment": ("RestComment", "RestComment"),
    "edit_comment": ("RestComment", "RestComment"),
    "statuses": (None, "RestBuildStatus"),
    "add_status": ("RestBuildStatusSetRequest", None),
}


class FakeBitbucketServer(Fake):
    kind = "bitbucket-server"
    prefix = "/rest"
    has_labels = False
    tells_what_it_allows = False
    reviews_have_texts = False
    longest = 32_768
    routes: ClassVar[Mapping[str, str]] = {
        "GET /api/latest/application-properties": "properties",
        f"GET {REPO}": "repository",
        f"GET {REPO}/pull-requests": "pulls",
        f"POST {REPO}/pull-requests": "add_pull",
        f"GET {REQUEST}/activities": "activities",
        f"POST {REQUEST}/comments": "add_comment",
        f"GET {REQUEST}/comments/{{ident}}": "comment",
        f"PUT {REQUEST}/comments/{{ident}}": "edit_comment",
        "GET /build-status/latest/commits/{revision}": "statuses",
        f"POST {REPO}/commits/{{revision}}/builds": "add_status",
    }

    def plain(self, body: str) -> str:
        return re.sub(r"\A\[//\]: # \((.*)\)\n\n", r"<!-- \1 -->\n", body)

    def check(self, route: str, asked: Asked, told: Told) -> None:
        PUBLISHED.check(*TYPES[self.routes[route]], asked, told)

    def paged(self, asked: Asked, told: Told) -> Told:
        if not isinstance(told.body, list):
            return told
        start, size = int(asked.query["start"]), min(self.per_page, int(asked.query["limit"]))
        shown = told.body[start : start + size]
        last = start + size >= len(told.body)
        page = {"values": shown, "size": len(shown), "limit": size, "start": start, "isLastPage": last}
        return Told(told.status, page if last else {**page, "nextPageStart": start + size})

    def properties(self, _: Asked) -> Any:
        headers = {"X-AUSERNAME": self.me.login, "X-AUSERID": str(self.me.id)}
        return Told(200, {"version": "9.4.0", "displayName": "Bitbucket"}, headers)

    def repository(self, _: Asked) -> Any:
        return {"id": 1, "slug": "infra"}

    def pulls(self, asked: Asked) -> Any:
        assert (asked.query["state"], asked.query["order"]) == ("OPEN", "OLDEST")
        return [_pull(one) for one in self.world.pulls]

    def add_pull(self, asked: Asked) -> Any:
        head, base = (asked.body[side]["id"].removeprefix("refs/heads/") for side in ("fromRef", "toRef"))
        return _pull(self.world.open(head, base, asked.body["title"]))

    def activities(self, _: Asked, number: str) -> Any:
        """The newest first; an answer to a comment is in the activity of that comment."""
        found = reversed(self.world.writings.get(int(number), []))
        opened = {"id": 1, "action": "OPENED", "createdDate": _millis(self.world.at), "user": _user(self.me)}
        return [*map(_activity, found), opened]

    def comment(self, _: Asked, number: str, ident: str) -> Any:
        return _comment(self._written(number, ident))

    def add_comment(self, asked: Asked, number: str) -> Any:
        return _comment(self.world.write(int(number), asked.body["text"]))

    def edit_comment(self, asked: Asked, number: str, ident: str) -> Any:
        one = self._written(number, ident)
        if asked.body["version"] != _version(one):
            raise Refusal(409, "You are attempting to modify a comment based on out-of-date information.")
        self.world.edit(one.id, asked.body["text"])
        return _comment(one)

    def _written(self, number: str, ident: str) -> Writing:
        found = [one for one in self.world.comments(int(number)) if one.id == int(ident)]
        if not found:
            raise Refusal(404, "Comment does not exist.")
        return found[0]

    def statuses(self, _: Asked, revision: str) -> Any:
        newest = {one["context"]: one for one in self.world.statuses if one["revision"] == revision}
        return [
            {
                "key": "k",
                "name": one["context"],
                **{name: one[name] for name in ("state", "description", "url")},
            }
            for one in newest.values()
        ]

    def add_status(self, asked: Asked, revision: str) -> Any:
        of = asked.body
        assert 0 < len(of["key"]) <= 255
        self.world.set_status(revision, of["name"], of["state"], of["description"], of["url"])
        return Told(204, b"")


def answered(world: World, number: int, one: Writing, body: str, author: Person) -> Writing:
    """Somebody answers a comment."""
    answer = world.write(number, body, author)
    world.writings[number].remove(answer)
    one.answers.append(answer)
    return answer


def _millis(at: Any) -> int:
    return int(at.timestamp() * 1000)


def _user(person: Person) -> dict[str, Any]:
    return {"id": person.id, "name": person.login, "slug": person.login, "displayName": person.login.title()}


def _version(one: Writing) -> int:
    return int((one.updated - one.at).total_seconds())


def _pull(one: Pull) -> dict[str, Any]:
    return {
        "id": one.number,
        "title": one.title,
        "author": {"user": _user(one.author), "role": "AUTHOR"},
        "fromRef": {
            "id": "refs/heads/change",
            "latestCommit": one.head,
            "repository": {"id": 2 if one.fork else 1, "slug": "infra"},
        },
        "toRef": {"displayId": one.base, "repository": {"id": 1, "slug": "infra"}},
        "draft": one.draft,
        "links": {"self": [{"href": f"https://git.example.com/projects/ACME/repos/infra/{one.number}"}]},
    }


def _comment(one: Writing) -> dict[str, Any]:
    return {
        "id": one.id,
        "version": _version(one),
        "text": one.body,
        "author": _user(one.author),
        "createdDate": _millis(one.at),
        "updatedDate": _millis(one.updated),
        "comments": [_comment(answer) for answer in one.answers],
    }


def _activity(one: Writing) -> dict[str, Any]:
    about = {"id": one.id, "createdDate": _millis(one.at), "user": _user(one.author)}
    if one.approves:
        return {**about, "action": "APPROVED"}
    return {**about, "action": "COMMENTED", "commentAction": "ADDED", "comment": _comment(one)}
