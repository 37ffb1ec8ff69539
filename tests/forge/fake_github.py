"""GitHub's endpoints, with its own examples of answers; each request and answer must match its OpenAPI description."""

from collections.abc import Mapping
from typing import Any, ClassVar

from forge_server import Asked, Fake, Refusal, Told
from forge_world import Person, Pull, Ticket, Writing, told
from graphql import build_schema, graphql_sync
from published import FOLDER, Published

PUBLISHED = Published("github.json")
REPO = "/repos/acme/infra"
FORK = 4242


class FakeGitHub(Fake):
    kind = "github"
    prefix = "/api/v3"
    routes: ClassVar[Mapping[str, str]] = {
        "GET /user": "user",
        f"GET {REPO}": "repository",
        f"GET {REPO}/pulls": "pulls",
        f"POST {REPO}/pulls": "add_pull",
        f"GET {REPO}/commits/{{revision}}/statuses": "statuses",
        f"POST {REPO}/statuses/{{revision}}": "add_status",
        f"GET {REPO}/issues/comments": "all_comments",
        f"PATCH {REPO}/issues/comments/{{ident}}": "edit_comment",
        f"GET {REPO}/issues/{{number}}/comments": "comments",
        f"POST {REPO}/issues/{{number}}/comments": "add_comment",
        f"GET {REPO}/commits/{{revision}}/comments": "commit_comments",
        f"POST {REPO}/commits/{{revision}}/comments": "add_commit_comment",
        f"PATCH {REPO}/comments/{{ident}}": "edit_commit_comment",
        f"GET {REPO}/issues": "issues",
        f"POST {REPO}/issues": "add_issue",
        f"GET {REPO}/issues/{{number}}": "issue",
        f"PATCH {REPO}/issues/{{number}}": "edit_issue",
        f"GET {REPO}/assignees/{{login}}": "assignee",
    }

    def routed(self, asked: Asked) -> Told:
        return self.reviews(asked) if asked.path == "/api/graphql" else super().routed(asked)

    def check(self, route: str, asked: Asked, told: Told) -> None:
        PUBLISHED.check(_PUBLISHED_AS[route], asked, told)

    def user(self, _: Asked) -> Any:
        return PUBLISHED.example("GET /user", **_user(self.me))

    def repository(self, _: Asked) -> Any:
        shown = PUBLISHED.example(f"GET {OWNED}")
        for name in ("source", "parent", "template_repository"):
            del shown[name]
        return {**shown, "language": "HCL", "permissions": {**shown["permissions"], "push": self.pushes}}

    def pulls(self, asked: Asked) -> Any:
        assert asked.query["state"] == "open"
        return [self._pull(one) for one in self.world.pulls]

    def add_pull(self, asked: Asked) -> Any:
        of = asked.body
        return self._pull(self.world.open(of["head"], of["base"], of["title"]))

    def _pull(self, one: Pull) -> Any:
        shown = PUBLISHED.example(f"GET {OWNED}/pulls")
        head, base = ({**shown[side], "repo": {**shown[side]["repo"]}} for side in ("head", "base"))
        head |= {"sha": one.head}
        head["repo"]["id"] = FORK if one.fork else base["repo"]["id"]
        base |= {"ref": one.base}
        labels = [{**shown["labels"][0], "name": name} for name in one.labels]
        return {
            **shown, "number": one.number, "title": one.title, "user": {**shown["user"], **_user(one.author)},
            "requested_teams": [], "head": head, "base": base, "draft": one.draft, "labels": labels,
            "html_url": f"https://github.com/acme/infra/pull/{one.number}",
        }  # fmt: skip

    def statuses(self, _: Asked, revision: str) -> Any:
        """GitHub lists the newest first."""
        return [self._status(one) for one in reversed(self.world.statuses) if one["revision"] == revision]

    def add_status(self, asked: Asked, revision: str) -> Any:
        of = asked.body
        return self._status(
            self.world.set_status(
                revision, of["context"], of["state"], of["description"], of.get("target_url", "")
            )
        )

    def _status(self, one: dict[str, str]) -> Any:
        shown = {"state": one["state"], "description": one["description"], "context": one["context"]}
        return PUBLISHED.example(
            f"GET {OWNED}/commits/{{ref}}/statuses", target_url=one["url"] or None, **shown
        )

    def all_comments(self, asked: Asked) -> Any:
        found = [(p, w) for p in self.world.writings if isinstance(p, int) for w in self.world.comments(p)]
        recent = sorted((w.updated, p, w.id, w) for p, w in found if told(w.updated) >= asked.query["since"])
        return [self._comment(p, w) for _, p, _, w in recent]

    def comments(self, _: Asked, number: str) -> Any:
        return [self._comment(int(number), one) for one in self.world.comments(int(number))]

    def add_comment(self, asked: Asked, number: str) -> Any:
        return self._comment(int(number), self.world.write(int(number), asked.body["body"]))

    def edit_comment(self, asked: Asked, ident: str) -> Any:
        return self._comment(*self._edited(asked, ident))

    def _comment(self, place: Any, one: Writing) -> Any:
        shown = PUBLISHED.example(f"GET {OWNED}/issues/comments")
        kind = "issues" if any(place == issue.number for issue in self.world.issues) else "pull"
        return {
            **shown, **_written(shown, one),
            "html_url": f"https://github.com/acme/infra/{kind}/{place}#issuecomment-{one.id}",
            "issue_url": f"https://api.github.com/repos/acme/infra/issues/{place}",
        }  # fmt: skip

    def commit_comments(self, _: Asked, revision: str) -> Any:
        return [self._commit_comment(revision, one) for one in self.world.comments(revision)]

    def add_commit_comment(self, asked: Asked, revision: str) -> Any:
        return self._commit_comment(revision, self.world.write(revision, asked.body["body"]))

    def edit_commit_comment(self, asked: Asked, ident: str) -> Any:
        return self._commit_comment(*self._edited(asked, ident))

    def _commit_comment(self, revision: str, one: Writing) -> Any:
        shown = PUBLISHED.example(f"GET {OWNED}/commits/{{commit_sha}}/comments")
        return {**shown, **_written(shown, one), "commit_id": revision}

    def _edited(self, asked: Asked, ident: str) -> tuple[Any, Writing]:
        try:
            return self.world.edit(int(ident), asked.body["body"])
        except StopIteration:
            raise Refusal(404, "Not Found") from None

    def issues(self, asked: Asked) -> Any:
        found = [one for one in self.world.issues if one.is_open and asked.query["labels"] in one.labels]
        request = self._issue(Ticket(1, self.me, "a pull request is an issue too", "", [], []))
        request["pull_request"] = dict.fromkeys(("url", "html_url", "diff_url", "patch_url"))
        return [request, *(self._issue(one) for one in found)]

    def add_issue(self, asked: Asked) -> Any:
        of = asked.body
        if "ghost" in of["assignees"]:
            raise Refusal(422, "Validation Failed")
        return self._issue(self.world.open_issue(of["title"], of["body"], of["labels"], of["assignees"]))

    def issue(self, _: Asked, number: str) -> Any:
        return self._issue(self.world.issue(int(number)))

    def edit_issue(self, asked: Asked, number: str) -> Any:
        one = self.world.issue(int(number))
        one.title, one.body = asked.body.get("title", one.title), asked.body.get("body", one.body)
        one.is_open = asked.body.get("state", "open") == "open"
        return self._issue(one)

    def _issue(self, one: Ticket) -> Any:
        shown = PUBLISHED.example(f"GET {OWNED}/issues")
        shown.pop("pull_request")
        return {
            **shown, "number": one.number, "title": one.title, "body": one.body,
            "state": "open" if one.is_open else "closed", "user": {**shown["user"], **_user(one.author)},
            "labels": one.labels, "html_url": f"https://github.com/acme/infra/issues/{one.number}",
        }  # fmt: skip

    def assignee(self, _: Asked, login: str) -> Told:
        return Told(404, {"message": "Not Found"}) if login == "ghost" else Told(204, b"")

    def reviews(self, asked: Asked) -> Told:
        assert asked.body["variables"]["owner"] == "acme"
        nodes = [
            {
                "number": one.number,
                "updatedAt": told(
                    max([w.updated for w in self.world.writings.get(one.number, [])], default=self.world.at)
                ),
                "reviews": {"nodes": [_review(w) for w in self.world.approvals(one.number)]},
            }
            for one in self.world.pulls
        ]
        page = {"hasNextPage": False, "endCursor": None}
        root = {"repository": {"pullRequests": {"pageInfo": page, "nodes": nodes}}}
        schema = build_schema((FOLDER / "github.graphql").read_text())
        done = graphql_sync(schema, asked.body["query"], root, variable_values=asked.body["variables"])
        assert not done.errors, done.errors
        return Told(200, {"data": done.data})


OWNED = "/repos/{owner}/{repo}"


def _published_as(route: str) -> str:
    path = route.replace(REPO, OWNED).replace("commits/{revision}/statuses", "commits/{ref}/statuses")
    path = path.replace("/statuses/{revision}", "/statuses/{sha}").replace("{revision}", "{commit_sha}")
    return (
        path.replace("{number}", "{issue_number}")
        .replace("{ident}", "{comment_id}")
        .replace("{login}", "{assignee}")
    )


_PUBLISHED_AS = {route: _published_as(route) for route in FakeGitHub.routes}


def _user(person: Person) -> dict[str, Any]:
    return {"id": person.id, "login": person.login}


def _written(shown: Any, one: Writing) -> dict[str, Any]:
    author = {**shown["user"], **_user(one.author)}
    times = {"created_at": told(one.at), "updated_at": told(one.updated)}
    return {"id": one.id, "user": author, "body": one.body, **times}


def _review(one: Writing) -> dict[str, Any]:
    edited = told(one.updated) if one.updated != one.at else None
    return {
        "fullDatabaseId": str(one.id), "body": one.body, "submittedAt": told(one.at), "updatedAt": told(one.updated),
        "lastEditedAt": edited, "author": {"__typename": "User", "login": one.author.login, "databaseId": one.author.id},
        "commit": {"oid": one.revision},
    }  # fmt: skip
