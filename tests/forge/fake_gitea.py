"""Gitea's endpoints, with its habits: pages by number and a total, labels by id, and no comments on commits."""

from collections.abc import Mapping
from typing import Any, ClassVar

from forge_server import Asked, Fake, Refusal, Told
from forge_world import Person, Pull, Ticket, Writing, told
from published import Types

REPO = "/repos/acme/infra"
PUBLISHED = Types("gitea.json")
# What each endpoint takes, and what it gives or lists.
TYPES = {
    "user": (None, "User"),
    "repository": (None, "Repository"),
    "pulls": (None, "PullRequest"),
    "reviews": (None, "PullReview"),
    "statuses": (None, "CommitStatus"),
    "add_status": ("CreateStatusOption", "CommitStatus"),
    "all_comments": (None, "Comment"),
    "edit_comment": ("EditIssueCommentOption", "Comment"),
    "comments": (None, "Comment"),
    "add_comment": ("CreateIssueCommentOption", "Comment"),
    "issues": (None, "Issue"),
    "add_issue": ("CreateIssueOption", "Issue"),
    "issue": (None, "Issue"),
    "edit_issue": ("EditIssueOption", "Issue"),
    "assignees": (None, "User"),
    "labels": (None, "Label"),
    "add_label": ("CreateLabelOption", "Label"),
}


class FakeGitea(Fake):
    kind = "gitea"
    prefix = "/api/v1"
    routes: ClassVar[Mapping[str, str]] = {
        "GET /user": "user",
        f"GET {REPO}": "repository",
        f"GET {REPO}/pulls": "pulls",
        f"POST {REPO}/pulls": "add_pull",
        f"GET {REPO}/pulls/{{number}}/reviews": "reviews",
        f"GET {REPO}/commits/{{revision}}/statuses": "statuses",
        f"POST {REPO}/statuses/{{revision}}": "add_status",
        f"GET {REPO}/issues/comments": "all_comments",
        f"PATCH {REPO}/issues/comments/{{ident}}": "edit_comment",
        f"GET {REPO}/issues/{{number}}/comments": "comments",
        f"POST {REPO}/issues/{{number}}/comments": "add_comment",
        f"GET {REPO}/issues": "issues",
        f"POST {REPO}/issues": "add_issue",
        f"GET {REPO}/issues/{{number}}": "issue",
        f"PATCH {REPO}/issues/{{number}}": "edit_issue",
        f"GET {REPO}/assignees": "assignees",
        f"GET {REPO}/labels": "labels",
        f"POST {REPO}/labels": "add_label",
    }

    def check(self, route: str, asked: Asked, told: Told) -> None:
        PUBLISHED.check(*TYPES[self.routes[route]], asked, told)

    def paged(self, asked: Asked, told: Told) -> Told:
        """The comments of one issue come all at once."""
        if not isinstance(told.body, list) or asked.path.endswith("/comments"):
            return told
        page, size = int(asked.query["page"]), min(self.per_page, int(asked.query["limit"]))
        part = told.body[(page - 1) * size : page * size]
        return Told(told.status, part, {"X-Total-Count": str(len(told.body))})

    def user(self, _: Asked) -> Any:
        return _user(self.me)

    def repository(self, _: Asked) -> Any:
        return {"full_name": "acme/infra", "permissions": {"admin": False, "push": self.pushes, "pull": True}}

    def pulls(self, asked: Asked) -> Any:
        assert asked.query["state"] == "open"
        return [self._pull(one) for one in self.world.pulls]

    def add_pull(self, asked: Asked) -> Any:
        of = asked.body
        return self._pull(self.world.open(of["head"], of["base"], of["title"]))

    def _pull(self, one: Pull) -> Any:
        updated = max([w.updated for w in self.world.writings.get(one.number, [])], default=self.world.at)
        return {
            "id": one.number + 1000,
            "number": one.number,
            "title": one.title,
            "user": _user(one.author),
            "head": {"sha": one.head, "ref": "topic", "repo_id": 2 if one.fork else 1},
            "base": {"sha": "c" * 40, "ref": one.base, "repo_id": 1},
            "draft": one.draft,
            "labels": [{"id": 1, "name": name} for name in one.labels],
            "html_url": f"https://gitea.example.com/acme/infra/pulls/{one.number}",
            "updated_at": told(updated),
        }

    def reviews(self, _: Asked, number: str) -> Any:
        approvals = [
            {
                "id": one.id,
                "state": "APPROVED",
                "dismissed": False,
                "body": one.body,
                "user": _user(one.author),
                "commit_id": one.revision,
                "submitted_at": told(one.at),
                "updated_at": told(one.updated),
            }
            for one in self.world.approvals(int(number))
        ]
        return [*approvals, {"id": 1, "state": "REQUEST_CHANGES", "body": "no"}]

    def statuses(self, asked: Asked, revision: str) -> Any:
        assert asked.query["sort"] == "highestindex"
        return [_status(one) for one in reversed(self.world.statuses) if one["revision"] == revision]

    def add_status(self, asked: Asked, revision: str) -> Any:
        of = asked.body
        return _status(
            self.world.set_status(
                revision, of["context"], of["state"], of["description"], of.get("target_url", "")
            )
        )

    def all_comments(self, asked: Asked) -> Any:
        found = [(p, w) for p in self.world.writings for w in self.world.comments(p)]
        return [self._comment(p, w) for p, w in found if told(w.updated) >= asked.query["since"]]

    def comments(self, _: Asked, number: str) -> Any:
        return [self._comment(int(number), one) for one in self.world.comments(int(number))]

    def add_comment(self, asked: Asked, number: str) -> Any:
        return self._comment(int(number), self.world.write(int(number), asked.body["body"]))

    def edit_comment(self, asked: Asked, ident: str) -> Any:
        try:
            return self._comment(*self.world.edit(int(ident), asked.body["body"]))
        except StopIteration:
            raise Refusal(404, "comment does not exist") from None

    def _comment(self, number: int, one: Writing) -> Any:
        at_issue = any(number == issue.number for issue in self.world.issues)
        url = "https://gitea.example.com/acme/infra"
        return {
            "id": one.id,
            "user": _user(one.author),
            "body": one.body,
            "created_at": told(one.at),
            "updated_at": told(one.updated),
            "issue_url": f"{url}/issues/{number}" if at_issue else "",
            "pull_request_url": "" if at_issue else f"{url}/pulls/{number}",
        }

    def issues(self, asked: Asked) -> Any:
        assert (asked.query["type"], asked.query["state"]) == ("issues", "open")
        return [
            _issue(one) for one in self.world.issues if one.is_open and asked.query["labels"] in one.labels
        ]

    def add_issue(self, asked: Asked) -> Any:
        of = asked.body
        if "ghost" in of["assignees"]:
            raise Refusal(422, "assignee does not exist")
        labels = [self.world.labels[ident - 1] for ident in of["labels"]]
        return _issue(self.world.open_issue(of["title"], of["body"], labels, of["assignees"]))

    def issue(self, _: Asked, number: str) -> Any:
        return _issue(self.world.issue(int(number)))

    def edit_issue(self, asked: Asked, number: str) -> Any:
        one = self.world.issue(int(number))
        one.title, one.body = asked.body.get("title", one.title), asked.body.get("body", one.body)
        one.is_open = asked.body.get("state", "open") == "open"
        return _issue(one)

    def assignees(self, _: Asked) -> Any:
        return [{"id": 8, "login": "Ana"}]

    def labels(self, _: Asked) -> Any:
        return [{"id": place, "name": name} for place, name in enumerate(self.world.labels, 1)]

    def add_label(self, asked: Asked) -> Any:
        assert asked.body["color"].startswith("#")
        self.world.labels.append(asked.body["name"])
        return {"id": len(self.world.labels), "name": asked.body["name"]}


def _user(person: Person) -> dict[str, Any]:
    return {"id": person.id, "login": person.login}


def _status(one: dict[str, str]) -> dict[str, Any]:
    shown = {"status": one["state"], "description": one["description"], "context": one["context"]}
    return {**shown, "id": 1, "target_url": one["url"]}


def _issue(one: Ticket) -> dict[str, Any]:
    return {
        "number": one.number,
        "title": one.title,
        "body": one.body,
        "state": "open" if one.is_open else "closed",
        "user": _user(one.author),
        "labels": [{"id": 1, "name": name} for name in one.labels],
        "html_url": f"https://gitea.example.com/acme/infra/issues/{one.number}",
    }
