"""The values of the root module's variables, as far as they are known before a run: read only if a stack computes sources."""

from collections.abc import Iterable, Mapping

from runner.model.code.located import Located
from runner.model.code.module import automatic_values
from runner.model.code.surroundings import Surroundings
from runner.model.code.tree import Tree
from runner.model.constant.given import Given, Hidden, Text, ValuesFile
from runner.model.settings.source import SourceSettings
from runner.model.values.paths import printable
from runner.ports.files import Modules
from runner.ports.git import Git


class RootValues:
    def __init__(
        self, git: Git, modules: Modules, source: SourceSettings, tree: Tree, surroundings: Surroundings
    ) -> None:
        self._git, self._modules, self._source, self._tree = git, modules, source, tree
        self._surroundings = surroundings
        self._files: dict[str, ValuesFile] = {}

    def given(self, stack: Located, folder: str, names: Iterable[str]) -> Given:
        """Of the variables with these names, in the root module `folder`."""
        definition = stack.definition
        environment = self._surroundings.environment(names, definition, self._source.name)
        files = [self._file(path) for path in var_files(self._tree, stack, folder)]
        if definition.vars:
            files.append(self._modules.stack_values(definition.vars))
        return Given(
            {
                name: value if isinstance(value, Hidden) else Text(value, self._modules.expression(value))
                for name, value in environment.items()
            },
            tuple(files),
        )

    def prefetch(self, stacks: Iterable[tuple[Located, str]]) -> None:
        """The var files of all of them, with their root modules: one `cat-file`."""
        paths = {path for stack, folder in stacks for path in var_files(self._tree, stack, folder)}
        oids = {path: self._oid(path) for path in paths - self._files.keys()}
        wanted = {oid for oid in oids.values() if oid is not None}
        blobs = self._git.blobs(self._source, wanted) if wanted else {}
        for path, oid in oids.items():
            self._files[path] = self._read(path, oid, blobs)

    def _file(self, path: str) -> ValuesFile:
        if path not in self._files:
            oid = self._oid(path)
            blobs = self._git.blobs(self._source, {oid}) if oid is not None else {}
            self._files[path] = self._read(path, oid, blobs)
        return self._files[path]

    def _oid(self, path: str) -> str | None:
        """As the engine reads it in the exported tree: through links inside the repository."""
        end = self._tree.follow(path)
        entry = self._tree.get(end) if end is not None and self._tree.is_file(end) else None
        return None if entry is None else entry.oid

    def _read(self, path: str, oid: str | None, blobs: Mapping[str, bytes]) -> ValuesFile:
        if oid is None:
            return ValuesFile(printable(path), flaw="it is not a file of the repository")
        content = blobs.get(oid)
        if content is None:
            return ValuesFile(printable(path), flaw="it is too large")
        return self._modules.values_file(path, content)


def var_files(tree: Tree, stack: Located, folder: str) -> list[str]:
    """In the engine's order: the last one counts."""
    beside = {entry.path.rpartition("/")[2]: entry.path for entry in tree.children(folder)}
    named = (stack.at(name) for name in stack.definition.var_files)
    return [*(beside[name] for name in automatic_values(beside)), *(path for path in named if path)]
