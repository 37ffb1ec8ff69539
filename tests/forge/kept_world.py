"""A repository with pull requests that is at a forge, and what the daemon's thread does there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fake_github import FakeGitHub
from forge_server import TOKEN, Fake, served
from forge_world import ANA, Person, Pull, Writing
from pulls_world import PullsWorld, previewing

from runner.api.forge_comments import in_comments
from runner.app import App
from runner.forge.repository import Repository
from runner.service.forge.commands import Commands
from runner.service.forge.keep import Kept

ACCESS = """\
approvals: {{people: {{ana: ["forge:infra:ana", "ana@example.com"]{more}}}}}
web:
  access:
    - {{role: approver, subjects: ["forge:infra:ana"]}}
    - {{role: {role}, subjects: ["forge:infra:bo"]}}
"""


@dataclass
class KeptWorld:
    """`problems` is what the daemon's log gets."""

    world: PullsWorld
    fake: Fake
    problems: list[str] = field(default_factory=list)

    def allow(self, more: str = "", role: str = "viewer") -> None:
        """Ana approves; `more` people, such as bo, whose role is the other one."""
        self.world.more = ACCESS.format(more=more, role=role)
        self.world.configured()

    def open(self, number: int, files: dict[str, str]) -> str:
        """A pull request at the forge and in Git, with its previews."""
        head = self.world.pull(number, files)
        self.fake.world.pulls = [one for one in self.fake.world.pulls if one.number != number]
        self.fake.world.pulls.append(Pull(number, head=head))
        self.world.once()
        return head

    def kept(self) -> Kept:
        """As a daemon that was just started has it."""
        app = App.from_config(self.world.config)
        assert app.at_forges is not None
        repository = app.at_forges.forges.of("infra")
        assert isinstance(repository, Repository)
        self.fake.ends.callback(repository.close)
        commands = Commands(app.store, in_comments(lambda: app))
        source = app.settings.sources[0]
        return Kept(source, app.at_forges, app.store, app.clock, commands, self.problems.append)

    def look(self) -> None:
        self.kept().look()

    def comment(self, number: int = 7) -> str:
        """The only one of Driftline."""
        (one,) = [one for one in self.fake.world.comments(number) if one.author == self.fake.me]
        return one.body

    def says(self, body: str, author: Person = ANA, number: int = 7) -> Writing:
        return self.fake.world.write(number, body, author)

    def status(self, head: str, context: str = "driftline/plan") -> tuple[str, str]:
        told = self.fake.world.status(head, context)
        return told["state"], told["description"]


@contextmanager
def at_forge(tmp_path: Path, more: str = "") -> Iterator[KeptWorld]:
    """`more` are further settings of the forge."""
    with served(FakeGitHub()) as fake:
        fake.world.pulls = []
        token = tmp_path / "token"
        token.touch(mode=0o600)
        token.write_text(TOKEN)
        world = previewing(tmp_path)
        world.previews = f'{{}}, forge: {{type: github, url: "{fake.url}", repository: acme/infra, token: "${{file:{token}}}", {more}}}'
        world.configured()
        yield KeptWorld(world, fake)


def counting(fake: Fake) -> Callable[[], int]:
    """How many requests changed something since. Queries are posted too."""

    def writes() -> int:
        return sum(one.path != "/api/graphql" for one in fake.writes)

    before = writes()
    return lambda: writes() - before
