"""A repository with pull requests, as refs that a server makes of pushed branches."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli_world import CONFIG, World, applied, begun


@dataclass
class PullsWorld(World):
    """`previews` is the source's setting."""

    previews: str = "{}"

    def configured(self) -> None:
        config = CONFIG.format(root=self.root, more=self.more, executor=self.executor)
        self.config.write_text(config.replace('repository"}', f'repository", previews: {self.previews}}}'))

    def pull(
        self, number: int, files: dict[str, str], *, branch: str | None = None, base: str = "main"
    ) -> str:
        """Open a pull request from a branch of its own, or push to it again; its head."""
        name = branch or f"pull-{number}"
        self.git("checkout", "--quiet", "-B", name, name if self._has(name) else base)
        head: str = self.commit(files, f"pull request {number}")
        self.git("update-ref", f"refs/pull/{number}/head", head)
        self.git("checkout", "--quiet", "main")
        return head

    def fork(self, number: int, files: dict[str, str]) -> str:
        """The same, but no branch of this repository has the head."""
        head = self.pull(number, files)
        self.git("branch", "--quiet", "-D", f"pull-{number}")
        return head

    def merge(self, number: int, *how: str) -> str:
        self.git("merge", "--quiet", "--no-edit", *how, f"refs/pull/{number}/head")
        return str(self.git("rev-parse", "HEAD"))

    def once(self) -> None:
        """One full pass of the daemon: look, and execute what is due."""
        self.run("daemon", "--once")

    def shown(self, number: int) -> Any:
        return self.json("pr", "show", str(number))

    def preview(self, number: int, stack: str = "app") -> Any:
        """The run that previews the stack."""
        name = next(one["run"] for one in self.shown(number)["stacks"] if one["stack"] == stack)
        return self.json("run", "show", name)

    def _has(self, branch: str) -> bool:
        return branch in self.git("branch", "--format=%(refname:short)").split()


def module(text: str) -> str:
    """Code that changes what the stack makes."""
    return f'resource "terraform_data" "it" {{\n  input = "{text}"\n}}\n'


def previewing(tmp_path: Path, stack: str = "", config: str = "") -> PullsWorld:
    """With one stack, `app`, that run-1 has applied."""
    world = PullsWorld.found(applied(tmp_path, stack, config).root)
    world.more = config
    world.configured()
    return world


def previewing_after(tmp_path: Path, begin: Callable[[World], None]) -> PullsWorld:
    """After what `begin` did, once for all tests of this process, with the world that `begin_previewing` gives it."""
    return PullsWorld.found(begun(tmp_path, begin).root)


def begin_previewing(world: World, stack: str) -> PullsWorld:
    """With one stack, `app`, that run-1 has applied."""
    world.stack("app", stack)
    world.applied("app")
    pulls = PullsWorld.found(world.root)
    pulls.configured()
    return pulls
