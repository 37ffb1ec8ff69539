"""The facts of module folders, read from blobs: once for each content, many folders at a time."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.model.module import ModuleFacts
from runner.model.paths import join
from runner.model.reach import LOCAL, Reach, configuration_files, module_reach
from runner.model.settings import SourceSettings
from runner.model.tree import Tree
from runner.ports import Git, Modules

Files = tuple[tuple[str, str], ...]  # names and object ids
Known = dict[Files, tuple[ModuleFacts, tuple[str, ...]]]
STATE_BLOCK = re.compile(rb"\b(?:backend|cloud)\b\s*[\"'{:]")


@dataclass(frozen=True)
class RootModule:
    """`hidden` are files that can not be read and may hold a backend block; `commands` is what runs commands."""

    facts: ModuleFacts
    reach: Reach
    hidden: tuple[str, ...]
    commands: tuple[str, ...]


class FolderFacts:
    """`known` may be of another revision: it is keyed by contents."""

    def __init__(
        self,
        git: Git,
        modules: Modules,
        source: SourceSettings,
        tree: Tree,
        known: Mapping[Files, tuple[ModuleFacts, tuple[str, ...]]],
    ) -> None:
        self._git, self._modules, self._source, self._tree = git, modules, source, tree
        self._memory = dict(known)
        self._files: dict[tuple[str, str], Files] = {}
        self._roots: dict[tuple[str, str], RootModule] = {}

    def root(self, folder: str, engine: str) -> RootModule:
        """A stack's root module, with all that it calls; stacks may share one."""
        known = self._roots.get((folder, engine))
        if known is None:
            known = self._roots[folder, engine] = self._root(folder, engine)
        return known

    def _root(self, folder: str, engine: str) -> RootModule:
        facts, hidden = self._read(folder, engine)
        reach = module_reach(self._tree, lambda called: self._read(called, engine)[0], folder)
        commands = tuple(
            f"{address} in {module}"
            for module in reach.folders
            for address in self._read(module, engine)[0].provisioners
        )
        return RootModule(facts, reach, hidden, commands)

    def prefetch(self, folders: Iterable[tuple[str, str]]) -> None:
        """Read these folders and all that their local calls reach: one `cat-file` for each level of calls."""
        seen: set[tuple[str, str]] = set()
        level = set(folders)
        while level:
            seen |= level
            self._read_all({self._key(folder, engine) for folder, engine in level} - self._memory.keys())
            level = {
                (called, engine)
                for folder, engine in level
                for source in self._read(folder, engine)[0].calls
                if source.startswith(LOCAL)
                and (called := join(folder, source))
                and self._tree.is_folder(called)
            } - seen

    def used(self) -> Known:
        """What was asked for, to be `known` at the next revision."""
        return {key: self._memory[key] for key in self._files.values() if key in self._memory}

    def _key(self, folder: str, engine: str) -> Files:
        at = (folder, engine)
        known = self._files.get(at)
        if known is None:
            known = self._files[at] = tuple(sorted(configuration_files(self._tree, folder, engine)))
        return known

    def _read(self, folder: str, engine: str) -> tuple[ModuleFacts, tuple[str, ...]]:
        key = self._key(folder, engine)
        if key not in self._memory:
            self._read_all({key})
        return self._memory[key]

    def _read_all(self, keys: Iterable[Files]) -> None:
        wanted = list(keys)
        blobs = self._git.blobs(self._source, {oid for key in wanted for _, oid in key}) if wanted else {}
        for key in wanted:
            # What is too large to be read is no valid HCL either; the reader says so.
            files = {name: blobs.get(oid, b"\xff" + b'backend "') for name, oid in key}
            facts = self._modules.read(files)
            self._memory[key] = (
                facts,
                tuple(name for name in facts.unreadable if STATE_BLOCK.search(files[name])),
            )
