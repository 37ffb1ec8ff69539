"""Bitbucket Cloud's endpoints, with its habits: half a revision, pages linked in the body, people by account id."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlencode

from forge_server import Asked, Fake, Refusal, Told
from forge_world import Person, Pull, Writing, told
from published import Types

REPO = "/repositories/acme/infra"
PUBLISHED = Types("bitbucket.json")
# What each endpoint takes, and what it gives or lists; the published types do not have activities.
TYPES = {
    "user": (None, "Schema.Account"),
    "repository": (None, "Schema.Repository"),
    "pulls": (None, "Schema.Pullrequest"),
    "activity": (None, None),
    "commit": (None, "Schema.Commit"),
    "comments": (None, "Schema.PullrequestComment"),
    "add_comment": ("Schema.PullrequestComment", "Schema.PullrequestComment"),
    "edit_comment": ("Schema.PullrequestComment", "Schema.PullrequestComment"),
    "statuses": (None, "Schema.Commitstatus"),
    "add_status": ("Schema.Commitstatus", "Schema.Commitstatus"),
}
REQUEST = f"{REPO}/pullrequests/{{number}}"


class FakeBitbucket(Fake):
    kind = "bitbucket"
    prefix = "/2.0"
    has_labels = False
    tells_what_it_allows = False
    reviews_have_texts = False
    longest = 32_768
    routes: ClassVar[Mapping[str, str]] = {
        "GET /user": "user",
        f"GET {REPO}": "repository",
        f"GET {REPO}/pullrequests": "pulls",
        f"POST {REPO}/pullrequests": "add_pull",
        f"GET {REPO}/pullrequests/activity": "activity",
        f"GET {REQUEST}/comments": "comments",
        f"POST {REQUEST}/comments": "add_comment",
        f"PUT {REQUEST}/comments/{{ident}}": "edit_comment",
        "GET /repositories/{owner}/{name}/commit/{short}": "commit",
        f"GET {REPO}/commit/{{number}}/comments": "comments",
        f"POST {REPO}/commit/{{number}}/comments": "add_comment",
        f"PUT {REPO}/commit/{{number}}/comments/{{ident}}": "edit_comment",
        f"GET {REPO}/commit/{{revision}}/statuses": "statuses",
        f"POST {REPO}/commit/{{revision}}/statuses/build": "add_status",
    }

    def author(self, person: Person) -> str:
        return _user(person)["account_id"]

    def plain(self, body: str) -> str:
        return re.sub(r"\A\[//\]: # \((.*)\)\n\n", r"<!-- \1 -->\n", body)

    def check(self, route: str, asked: Asked, told: Told) -> None:
        """Bodies are sent without the type that answers have."""
        if asked.body is not None:
            asked = replace(asked, body={"type": "any", **asked.body})
        PUBLISHED.check(*TYPES[self.routes[route]], asked, told)

    def paged(self, asked: Asked, told: Told) -> Told:
        if not isinstance(told.body, list):
            return told
        page, size = int(asked.query.get("page", 1)), min(self.per_page, int(asked.query["pagelen"]))
        shown = {"values": told.body[(page - 1) * size : page * size], "page": page, "pagelen": size}
        if len(told.body) > page * size:
            shown["next"] = f"{self.url}{asked.path}?{urlencode({**asked.query, 'page': page + 1})}"
        return Told(told.status, shown)

    def user(self, _: Asked) -> Any:
        return _user(self.me)

    def repository(self, _: Asked) -> Any:
        return {"type": "repository", "full_name": "acme/infra"}

    def pulls(self, asked: Asked) -> Any:
        assert asked.query["state"] == "OPEN"
        return [_pull(one) for one in self.world.pulls]

    def add_pull(self, asked: Asked) -> Any:
        head, base = (asked.body[side]["branch"]["name"] for side in ("source", "destination"))
        return _pull(self.world.open(head, base, asked.body["title"]))

    def commit(self, _: Asked, owner: str, name: str, short: str) -> Any:
        home = (
            "fork/infra"
            if any(one.fork and one.head.startswith(short) for one in self.world.pulls)
            else "acme/infra"
        )
        if f"{owner}/{name}" != home:
            raise Refusal(404, "Commit not found")
        return {
            "type": "commit",
            "hash": next(one.head for one in self.world.pulls if one.head.startswith(short)),
        }

    def activity(self, _: Asked) -> Any:
        found = [
            (w.at, p, w) for p, all_of in self.world.writings.items() if isinstance(p, int) for w in all_of
        ]
        newest = sorted(found, key=lambda one: one[0], reverse=True)
        update = {"pull_request": {"id": 1}, "update": {"state": "OPEN", "date": told(self.world.at)}}
        return [update, *(_event(place, one) for _, place, one in newest)]

    def comments(self, _: Asked, number: str) -> Any:
        gone = {"type": "pullrequest_comment", "id": 1, "deleted": True, "content": {"raw": ""}}
        return [gone, *(_comment(one) for one in self.world.comments(_place(number)))]

    def add_comment(self, asked: Asked, number: str) -> Any:
        return _comment(self.world.write(_place(number), asked.body["content"]["raw"]))

    def edit_comment(self, asked: Asked, number: str, ident: str) -> Any:
        try:
            place, one = self.world.edit(int(ident), asked.body["content"]["raw"])
        except StopIteration:
            raise Refusal(404, "Comment not found") from None
        assert place == _place(number)
        return _comment(one)

    def statuses(self, _: Asked, revision: str) -> Any:
        newest = {one["context"]: one for one in self.world.statuses if one["revision"] == revision}
        return [_status(one) for one in newest.values()]

    def add_status(self, asked: Asked, revision: str) -> Any:
        of = asked.body
        assert 0 < len(of["key"]) <= 40
        assert of["url"]
        return _status(self.world.set_status(revision, of["name"], of["state"], of["description"], of["url"]))


def _place(number: str) -> Any:
    return int(number) if len(number) < 40 else number


def _user(person: Person) -> dict[str, str]:
    return {
        "type": "user",
        "uuid": f"{{{person.id:08d}-0000-4000-8000-000000000000}}",
        "account_id": f"557058:{person.id}",
        "nickname": person.login,
    }


def _pull(one: Pull) -> dict[str, Any]:
    full_name = "fork/infra" if one.fork else "acme/infra"
    return {
        "type": "pullrequest",
        "id": one.number,
        "title": one.title,
        "author": _user(one.author),
        "source": {
            "commit": {"hash": one.head[:12]},
            "repository": {"type": "repository", "full_name": full_name},
        },
        "destination": {
            "branch": {"name": one.base},
            "repository": {"type": "repository", "full_name": "acme/infra"},
        },
        "draft": one.draft,
        "links": {"html": {"href": f"https://bitbucket.org/acme/infra/pull-requests/{one.number}"}},
    }


def _comment(one: Writing) -> dict[str, Any]:
    return {
        "type": "pullrequest_comment",
        "id": one.id,
        "content": {"raw": one.body},
        "user": _user(one.author),
        "created_on": told(one.at),
        "updated_on": told(one.updated),
        "deleted": False,
    }


def _event(number: int, one: Writing) -> dict[str, Any]:
    if one.approves:
        return {"pull_request": {"id": number}, "approval": {"date": told(one.at), "user": _user(one.author)}}
    return {"pull_request": {"id": number}, "comment": _comment(one)}


def _status(one: dict[str, str]) -> dict[str, Any]:
    shown = {
        "name": one["context"],
        "state": one["state"],
        "description": one["description"],
        "url": one["url"],
    }
    return {"type": "build", "key": "k", **shown}
