"""Version files of one tree, read from Git: those of many stacks at a time."""

from collections.abc import Iterable

from runner.model.code.engines import ENGINES
from runner.model.code.scan import Code
from runner.model.code.tree import Tree
from runner.model.engine.version_file import version_files
from runner.model.engine.wants import wants_of
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import StackDefinition
from runner.model.stack.engine_wants import EngineWants
from runner.ports.git import Git


class VersionFiles:
    def __init__(self, git: Git, source: SourceSettings, tree: Tree) -> None:
        self._git, self._source, self._tree = git, source, tree
        self._contents: dict[str, bytes] = {}

    def prefetch(self, folders: Iterable[tuple[str, str]]) -> None:
        """Of root modules, each with its engine: one `cat-file` for all."""
        named = (version_files(self._tree, folder, ENGINES[engine]) for folder, engine in set(folders))
        entries = (self._tree.get(file) for files in named for file in files if self._tree.is_file(file))
        wanted = {entry.oid for entry in entries if entry is not None} - self._contents.keys()
        if wanted:
            self._contents |= self._git.blobs(self._source, wanted)

    def wants(self, definition: StackDefinition, folder: str, code: Code | None) -> EngineWants:
        """Which engine a stack with this root module wants."""
        return wants_of(definition, self._tree, folder, code, self.read)

    def read(self, file: str) -> bytes | None:
        entry = self._tree.get(file)
        if entry is None:
            return None
        if entry.oid not in self._contents:
            self._contents |= self._git.blobs(self._source, {entry.oid})
        return self._contents.get(entry.oid)
