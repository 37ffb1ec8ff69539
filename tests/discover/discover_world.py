"""A real repository, discovered with the real readers of stack files and modules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from examples import a_stack
from remote.repository import Remote

from runner.config.stack_file import StackFileReader
from runner.engine.modules.configuration import HclModules
from runner.model.settings.server import Settings
from runner.model.settings.source import Allow
from runner.model.stack.definition import Discovered, Stack, StackDefinition, StateIdentity
from runner.service.discovery.discover import Discoverer, Discovery

BACKEND = 'terraform {{\n  backend "s3" {{\n    bucket = "b"\n    key    = "{key}"\n  }}\n}}\n'
CALL = 'module "m" {{\n  source = "{source}"\n}}\n'


@dataclass
class Place:
    root: Path
    reader: StackFileReader = field(default_factory=StackFileReader)

    def __post_init__(self) -> None:
        self.remote = Remote(self.root)
        # What was committed is there without a fetch, which tests/source is about.
        self.remote.mirror.parent.mkdir()
        self.remote.mirror.symlink_to(self.remote.path / ".git")
        self.settings = Settings(data_dir=self.remote.data)
        self.discoverer = Discoverer(self.remote.mirrors, self.reader, HclModules(), self.settings)

    def allow(self, **allowed: object) -> None:
        self.remote.source = replace(self.remote.source, allow=replace(Allow(), **allowed))  # type: ignore[arg-type]

    def commit(self, files: Mapping[str, str | bytes | None]) -> str:
        """Every folder of a stack file that has no module gets an empty one."""
        self.remote.write(files)
        for file in self.remote.path.rglob("stack.yaml"):
            if not list(file.parent.glob("*.tf")):
                (file.parent / "main.tf").write_text("")
        return self.remote.commit()

    def found(self, known: Sequence[Stack] = ()) -> Discovery:
        revision = self.remote.head
        discoverer = replace(self.discoverer, settings=self.settings)
        return discoverer.discover(self.remote.source, revision, known)

    def discovered(self, files: Mapping[str, str | bytes | None], known: Sequence[Stack] = ()) -> Discovery:
        self.commit(files)
        return self.found(known)

    def inputs(self, files: Mapping[str, str | bytes | None]) -> dict[str, str]:
        """After a commit, the digest of each stack's inputs."""
        found = self.discovered(files)
        assert not found.problems, found.problems
        return {stack.definition.name: stack.inputs for stack in found.stacks}

    def link(self, name: str, target: str) -> None:
        path = self.remote.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)


def names(found: Discovery) -> list[str]:
    return [stack.definition.name for stack in found.stacks]


def messages(found: Discovery) -> list[str]:
    return [str(problem) for problem in found.problems]


def known(stack: Discovered) -> Stack:
    """The stack as the store remembers it."""
    return Stack(
        name=stack.definition.name,
        source=stack.source,
        file=stack.file,
        module_path=stack.module_path,
        definition=stack.definition,
        revision=stack.revision,
        inputs=stack.inputs,
        identity=stack.identity,
        managed_state=stack.managed_state,
    )


def elsewhere(name: str, *, depends_on: tuple[str, ...] = (), identity: StateIdentity | None = None) -> Stack:
    """A stack of another source."""
    return a_stack(
        name=name,
        source="other",
        file="stack.yaml",
        module_path=".",
        definition=StackDefinition(name, depends_on=depends_on),
        identity=identity or StateIdentity("managed", name, "default"),
        managed_state=identity is None,
    )
