"""GitLab's endpoints, with its habits: an approval is a note of the system, and a state is not set twice."""

from collections.abc import Mapping
from typing import Any, ClassVar

from forge_server import Asked, Fake, Refusal
from forge_world import Person, Pull, Ticket, Writing, told

PROJECT = "/projects/acme%2Finfra"
REQUEST = f"{PROJECT}/merge_requests/{{number}}"
COMMIT = f"{PROJECT}/repository/commits/{{revision}}"
USERS = {"ana": 8, "driftline": 7}


class FakeGitLab(Fake):
    kind = "gitlab"
    prefix = "/api/v4"
    reviews_have_texts = False
    longest = 1_048_576
    routes: ClassVar[Mapping[str, str]] = {
        "GET /user": "user",
        f"GET {PROJECT}": "project",
        "GET /users": "users",
        f"GET {PROJECT}/merge_requests": "pulls",
        f"POST {PROJECT}/merge_requests": "add_pull",
        f"GET {REQUEST}/notes": "notes",
        f"POST {REQUEST}/notes": "add_note",
        f"PUT {REQUEST}/notes/{{ident}}": "edit_note",
        f"GET {COMMIT}/statuses": "statuses",
        f"POST {PROJECT}/statuses/{{revision}}": "add_status",
        f"GET {COMMIT}/discussions": "discussions",
        f"POST {COMMIT}/discussions": "add_discussion",
        f"PUT {COMMIT}/discussions/{{thread}}/notes/{{ident}}": "edit_discussion",
        f"GET {PROJECT}/issues": "issues",
        f"POST {PROJECT}/issues": "add_issue",
        f"GET {PROJECT}/issues/{{number}}": "issue",
        f"PUT {PROJECT}/issues/{{number}}": "edit_issue",
        f"GET {PROJECT}/issues/{{number}}/notes": "notes",
        f"POST {PROJECT}/issues/{{number}}/notes": "add_note",
    }

    def plain(self, body: str) -> str:
        return body.replace("\u200b/", "/")

    def approval(self, body: str) -> str:
        return "approved this merge request"

    def user(self, _: Asked) -> Any:
        return _user(self.me)

    def users(self, asked: Asked) -> Any:
        login = asked.query["username"]
        return [{"id": USERS[login], "username": login}] if login in USERS else []

    def project(self, _: Asked) -> Any:
        level = {"access_level": 40 if self.pushes else 20}
        return {"id": 1, "permissions": {"project_access": None, "group_access": level}}

    def pulls(self, asked: Asked) -> Any:
        assert asked.query["state"] == "opened"
        return [_pull(one) for one in self.world.pulls]

    def add_pull(self, asked: Asked) -> Any:
        of = asked.body
        return _pull(self.world.open(of["source_branch"], of["target_branch"], of["title"]))

    def notes(self, asked: Asked, number: str) -> Any:
        newest = asked.query["sort"] == "desc"
        key = (lambda one: one.updated) if asked.query["order_by"] == "updated_at" else (lambda one: one.at)
        return [
            _note(one) for one in sorted(self.world.writings.get(int(number), []), key=key, reverse=newest)
        ]

    def add_note(self, asked: Asked, number: str) -> Any:
        return _note(self.world.write(int(number), asked.body["body"]))

    def edit_note(self, asked: Asked, number: str, ident: str) -> Any:
        return self.edit_discussion(asked, number, "", ident)

    def statuses(self, _: Asked, revision: str) -> Any:
        """The newest of each name."""
        newest = {one["context"]: one for one in self.world.statuses if one["revision"] == revision}
        return [_status(one) for one in newest.values()]

    def add_status(self, asked: Asked, revision: str) -> Any:
        of = asked.body
        known = [
            one for one in self.world.statuses if (one["revision"], one["context"]) == (revision, of["name"])
        ]
        if known and known[-1]["state"] == of["state"]:
            raise Refusal(400, f"Cannot transition status via :{of['state']} from :{of['state']}")
        return _status(
            self.world.set_status(
                revision, of["name"], of["state"], of["description"], of.get("target_url", "")
            )
        )

    def discussions(self, _: Asked, revision: str) -> Any:
        return [_thread(one) for one in self.world.comments(revision)]

    def add_discussion(self, asked: Asked, revision: str) -> Any:
        return _thread(self.world.write(revision, asked.body["body"]))

    def edit_discussion(self, asked: Asked, revision: str, thread: str, ident: str) -> Any:
        assert thread in {"", f"thread{ident}"}
        try:
            return _note(self.world.edit(int(ident), asked.body["body"])[1])
        except StopIteration:
            raise Refusal(404, "404 Not found") from None

    def issues(self, asked: Asked) -> Any:
        assert asked.query["state"] == "opened"
        return [
            _issue(one) for one in self.world.issues if one.is_open and asked.query["labels"] in one.labels
        ]

    def add_issue(self, asked: Asked) -> Any:
        of = asked.body
        names = [name for name, ident in USERS.items() if ident in of["assignee_ids"]]
        return _issue(self.world.open_issue(of["title"], of["description"], of["labels"].split(","), names))

    def issue(self, _: Asked, number: str) -> Any:
        return _issue(self.world.issue(int(number)))

    def edit_issue(self, asked: Asked, number: str) -> Any:
        one = self.world.issue(int(number))
        one.title, one.body = asked.body.get("title", one.title), asked.body.get("description", one.body)
        one.is_open = asked.body.get("state_event") != "close"
        return _issue(one)


def _user(person: Person) -> dict[str, Any]:
    return {"id": person.id, "username": person.login}


def _pull(one: Pull) -> dict[str, Any]:
    return {
        "id": one.number + 1000,
        "iid": one.number,
        "title": one.title,
        "author": _user(one.author),
        "sha": one.head,
        "source_branch": "topic",
        "target_branch": one.base,
        "source_project_id": 2 if one.fork else 1,
        "target_project_id": 1,
        "draft": one.draft,
        "labels": list(one.labels),
        "web_url": f"https://gitlab.example.com/acme/infra/-/merge_requests/{one.number}",
    }


def _note(one: Writing) -> dict[str, Any]:
    return {
        "id": one.id,
        "author": _user(one.author),
        "body": one.body,
        "system": one.approves,
        "created_at": told(one.at),
        "updated_at": told(one.updated),
    }


def _thread(one: Writing) -> dict[str, Any]:
    return {"id": f"thread{one.id}", "individual_note": False, "notes": [_note(one)]}


def _status(one: dict[str, str]) -> dict[str, Any]:
    shown = {"name": one["context"], "status": one["state"], "description": one["description"]}
    return {**shown, "id": 1, "target_url": one["url"] or None}


def _issue(one: Ticket) -> dict[str, Any]:
    return {
        "iid": one.number,
        "title": one.title,
        "description": one.body,
        "state": "opened" if one.is_open else "closed",
        "author": _user(one.author),
        "labels": one.labels,
        "web_url": f"https://gitlab.example.com/acme/infra/-/issues/{one.number}",
    }
