"""`--pull-request` from end to end: a real push over HTTP, and a forge that opens the request once."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path += [str(Path(__file__).parents[1] / room) for room in ("cli", "forge", "source")]

from cli_world import World
from fake_github import FakeGitHub
from forge_server import TOKEN, Asked, Fake, Told, served
from http_remote import Seen, serving
from provider.cloudfile import edit
from provider.mirror import install

from runner.config import git_address
from runner.model.aws.place import Place
from runner.model.inventory.coverage import Judged
from runner.model.inventory.resource import CloudResource

PUSH_TOKEN = "canary-of-the-source"
MAIN = """\
terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}
provider "cloudfile" {
  path = "%s"
}
resource "cloudfile_object" "web" {
  name  = "web"
  value = "one" # keep
}
"""
SOURCE = (
    '  - {{name: infra, url: "{url}", auth: {{username: git, token: "{token}"}}, '
    'forge: {{type: github, url: "{forge}", repository: acme/infra, token: "{forge_token}"}}}}'
)
HERE = Place("111122223333", "eu-west-1")
BY_HAND = "arn:aws:cloud:eu-west-1:111122223333:by-hand"


class OnceEach(FakeGitHub):
    """Ends each connection: a command leaves that to the end of its process, which goes on here."""

    def answer(self, asked: Asked) -> Told:
        told = super().answer(asked)
        told.headers["Connection"] = "close"
        return told


class InGit(dict[str, str]):
    """A forge knows the branches that were pushed to it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __missing__(self, branch: str) -> str:
        return self.world.git("rev-parse", f"refs/heads/{branch}")


@dataclass
class AtForge:
    """`report` is of a value that was changed by hand. Accepting it changes neither the cloud nor the checkout."""

    world: World
    fake: Fake
    remote: Seen
    report: str

    def accepted(self) -> dict[str, Any]:
        page: dict[str, Any] = self.world.json("drift", "accept", self.report, "--pull-request")
        return page

    @property
    def opened(self) -> list[Mapping[str, str]]:
        return [one.body for one in self.fake.asked if one.method == "POST" and one.path.endswith("/pulls")]


def secret(folder: Path, name: str, content: str) -> str:
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(content)
    return f"${{file:{path}}}"


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtForge]:
    root = tmp_path_factory.mktemp("requests")
    mirror = install(root / "mirror")
    (root / "signs").mkdir()
    with (
        serving(root, PUSH_TOKEN) as remote,
        served(OnceEach()) as fake,
        pytest.MonkeyPatch.context() as patch,
    ):
        # A configuration may only name https, whose certificate this server does not have.
        patch.setattr(git_address, "transport", lambda _: git_address.Transport.HTTPS)
        world = World(root, more=f"engines: {{plugin_mirror: {mirror}}}")
        source = SOURCE.format(
            url=f"{remote.url}repository/.git",
            token=secret(root, "push", PUSH_TOKEN),
            forge=fake.url,
            forge_token=secret(root, "forge", TOKEN),
        )
        plain = f'  - {{name: infra, url: "{root}/repository"}}'
        assert plain in world.config.read_text()
        world.config.write_text(world.config.read_text().replace(plain, source))
        world.git("config", "http.receivepack", "true")
        world.commit({"app/stack.yaml": "name: app\n", "app/main.tf": MAIN % (root / "signs/cloud.json")})
        world.applied("app")
        fake.world.branches = InGit(world)
        with edit(root / "signs/cloud.json") as objects:
            objects["web"] = {"value": "by hand"}
        check = world.json("drift", "check", "app", expect=2)
        yield AtForge(world, fake, remote, check["stacks"][0]["report"])


@pytest.fixture
def at(applied: AtForge) -> Iterator[AtForge]:
    """Without requests and branches of the test before."""
    applied.fake.world.pulls.clear()
    applied.fake.asked.clear()
    applied.fake.faults.clear()
    yield applied
    applied.world.git("config", "http.receivepack", "true")
    for branch in applied.world.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split():
        if branch != "main":
            applied.world.git("branch", "-D", branch)


def test_what_was_accepted_is_pushed_and_opened_as_a_request(at: AtForge) -> None:
    done = at.world.run("drift", "accept", at.report, "--pull-request", "-o", "json")
    page = json.loads(done.stdout)
    assert at.world.git("show", f"{page['branch']}:app/main.tf").count('value = "by hand" # keep') == 1
    assert at.world.git("rev-parse", f"{page['branch']}^") == at.world.git("rev-parse", "main")
    (opened,) = at.opened
    assert (opened["head"], opened["base"]) == (page["branch"], "main")
    assert opened["title"] == f"Accept {at.report} of app into code"
    assert "- `cloudfile_object.web:` the code gets value as found" in opened["body"]
    assert page["request"].startswith("https://github.com/")
    for token in (PUSH_TOKEN, TOKEN):
        assert token not in done.output
        assert not any(token.encode() in line for line in at.remote.argvs)
        assert token not in str(at.opened)


def test_the_same_again_opens_no_second_request(at: AtForge) -> None:
    first, again = at.accepted(), at.accepted()
    assert (again["branch"], again["request"]) == (first["branch"], first["request"])
    assert len(at.opened) == 1


def test_a_request_that_the_forge_refused_is_opened_by_the_next_try(at: AtForge) -> None:
    def refusing(asked: Asked) -> Told | None:
        return Told(403, {"message": "Resource not accessible"}) if asked.writes else None

    at.fake.faults.append(refusing)
    refused = at.world.run("drift", "accept", at.report, "--pull-request", expect=None)
    assert refused.exit_code not in {0, 3}
    assert "forge" in refused.stderr
    at.fake.faults.clear()
    assert at.accepted()["request"]
    assert len(at.fake.world.pulls) == 1


def test_a_branch_that_moved_is_left_alone_and_said(at: AtForge) -> None:
    branch = at.accepted()["branch"]
    tree = at.world.git("rev-parse", f"{branch}^{{tree}}")
    moved = at.world.git("commit-tree", tree, "-p", branch, "-m", "by somebody")
    at.world.git("update-ref", f"refs/heads/{branch}", moved)
    refused = at.world.run("drift", "accept", at.report, "--pull-request", expect=None)
    assert f"the remote has {branch} at another commit" in refused.stderr
    assert f"git push --delete origin {branch}" in refused.stderr
    assert at.world.git("rev-parse", branch) == moved
    assert len(at.opened) == 1


def test_a_remote_that_may_only_be_read_is_said_to_refuse_the_push(at: AtForge) -> None:
    at.world.git("config", "http.receivepack", "false")
    refused = at.world.run("drift", "accept", at.report, "--pull-request", expect=None)
    assert refused.exit_code != 0
    assert "may not push" in refused.stderr
    assert at.opened == []


def test_a_source_without_a_forge_gets_no_branch_either(at: AtForge) -> None:
    text = at.world.config.read_text()
    at.world.config.write_text(text.replace(", forge: {", "} # {"))
    try:
        refused = at.world.run("drift", "accept", at.report, "--pull-request", expect=None)
    finally:
        at.world.config.write_text(text)
    assert "has no forge" in refused.stderr
    assert "--branch" in refused.stderr
    assert at.world.git("branch", "--list", "drift/*") == ""


def test_adopted_resources_are_opened_as_a_request_once(at: AtForge) -> None:
    with edit(at.world.root / "signs/cloud.json") as objects:
        objects["by-hand"] = {"value": "x"}
    with at.world.app.store.writing() as writer:
        listing = writer.begin_listing(HERE)
        found = CloudResource(HERE, "cloudfile_object", "by-hand", BY_HAND, "by-hand")
        writer.save_listed(listing, HERE, [Judged(found, None, None)])
        writer.end_listing(listing, HERE, [], [])
    words = ("drift", "adopt", BY_HAND, "--stack", "app", "--pull-request")
    first, again = at.world.json(*words), at.world.json(*words)
    assert first["request"] == again["request"]
    (opened,) = at.opened
    assert opened["head"] == first["branch"]
    assert opened["title"] == "Adopt 1 resources into app"
    assert "`cloudfile_object.by-hand`" in opened["body"]
