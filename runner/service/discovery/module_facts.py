"""The facts of module folders, read from blobs: once per content, many folders at a time."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial

from runner.model.code.computed import evaluated_backend
from runner.model.code.engines import ENGINES
from runner.model.code.file_reads import Reads
from runner.model.code.located import Located
from runner.model.code.module import LARGEST, LARGEST_FOLDER, ModuleFacts
from runner.model.code.module_folders import Unevaluated, configuration_files, module_reach, test_files
from runner.model.code.module_source import LOCAL
from runner.model.code.scan import Code, Module
from runner.model.code.surroundings import UNKNOWN, Surroundings
from runner.model.code.tree import Tree
from runner.model.constant.budget import Budget
from runner.model.constant.definitions import Definitions
from runner.model.constant.scope import Rules, Scope
from runner.model.settings.source import SourceSettings
from runner.model.values.paths import join
from runner.ports.files import Modules
from runner.ports.git import Git
from runner.service.discovery.root_values import RootValues
from runner.service.discovery.time_limit import NOT_READ_YET, Patience

Files = tuple[tuple[str, str], ...]  # names and object ids
# And files that may hide a state, the providers, and whether any code in it may read a file.
Read = tuple[ModuleFacts, tuple[str, ...], frozenset[str] | None, bool]
Known = dict[Files, Read]
KnownReads = dict[Files, Reads]
STATE_BLOCK = re.compile(rb"\b(?:backend|cloud|state_store)\b\s*[\"'{:]")


class FolderFacts:
    """`known` may come from another revision: it is keyed by content."""

    def __init__(
        self,
        git: Git,
        modules: Modules,
        source: SourceSettings,
        tree: Tree,
        known: Mapping[Files, Read],
        patience: Patience | None = None,
        known_reads: Mapping[Files, Reads] | None = None,
        surroundings: Surroundings = UNKNOWN,
    ) -> None:
        self._patience = patience or Patience()
        self._late: set[Files] = set()
        self._git, self._modules, self._source, self._tree = git, modules, source, tree
        self._memory = dict(known)
        self._reads = dict(known_reads or {})
        self._files: dict[tuple[str, str], Files] = {}
        self._roots: dict[tuple[str, str], Code] = {}
        self._evaluated: dict[tuple[str, str], Code] = {}
        self._definitions: dict[Files, Definitions] = {}
        self._values = RootValues(git, modules, source, tree, surroundings)

    def code(self, stack: Located, folder: str = "") -> Code:
        """A stack's root module, with everything it calls; stacks that compute none of it may share one.

        `folder` is the root module as it was recorded.
        """
        at = folder or stack.module_path, stack.definition.engine
        known = self._literal(*at)
        if not _computes(known, at[1]):
            return known
        own = at[0], stack.definition.digest
        if own not in self._evaluated:
            if self._patience.over:
                late = Unevaluated(f"its computed sources or backend are {NOT_READ_YET}", at[0], 1)
                return replace(known, unevaluated=(late,))
            self._evaluated[own] = self._with_values(stack, *at)
        return self._evaluated[own]

    def _literal(self, folder: str, engine: str) -> Code:
        known = self._roots.get((folder, engine))
        if known is None:
            known = self._roots[folder, engine] = self._code(folder, engine)
        return known

    def prefetch_values(self, stacks: Iterable[Located]) -> None:
        """What the stacks that compute something are evaluated with: two `cat-file` for all of them."""
        computing = [
            one
            for one in stacks
            if _computes(self._literal(one.module_path, one.definition.engine), one.definition.engine)
        ]
        self._values.prefetch((one, one.module_path) for one in computing)
        roots = {self._key(one.module_path, one.definition.engine) for one in computing}
        self._read_definitions(roots - self._definitions.keys())

    def _with_values(self, stack: Located, folder: str, engine: str) -> Code:
        """With the values of the stack's own variables."""
        row = ENGINES[engine]
        names = partial(self.definitions, engine=engine)
        workspace = stack.definition.terraform_workspace if row.knows_workspace else None
        given = self._values.given(stack, folder, names(folder).variables)
        scope = Scope(lambda: names(folder), Rules(row.constant_only, workspace), Budget(), given)
        code = self._code(folder, engine, names, scope)
        backend = code.facts.backend
        if backend is None or row.backends_since is None:
            return code
        written, given_there = names(folder).backend, stack.definition.backend_config
        evaluated, problems = evaluated_backend(folder, backend, written, given_there, scope)
        root = replace(code.modules[0], facts=replace(code.facts, backend=evaluated))
        return replace(
            code,
            modules=(root, *code.modules[1:]),
            unevaluated=problems,
            evaluated=evaluated if backend.computed else None,
        )

    def definitions(self, folder: str, engine: str) -> Definitions:
        """What a computed source may refer to; read only for the stacks that have one."""
        key = self._key(folder, engine)
        if key not in self._definitions:
            self._read_definitions({key})
        return self._definitions[key]

    def _read_definitions(self, keys: Collection[Files]) -> None:
        blobs = self._git.blobs(self._source, {oid for key in keys for _, oid in key}) if keys else {}
        for key in keys:
            self._definitions[key] = self._modules.definitions(_of_folder(key, blobs))

    def _code(
        self,
        folder: str,
        engine: str,
        names: Callable[[str], Definitions] | None = None,
        scope: Scope | None = None,
    ) -> Code:
        reach = module_reach(
            self._tree,
            lambda called: self._read(called, engine)[0],
            folder,
            self._source.allow.modules,
            ENGINES[engine].registry,
            names,
            scope,
        )
        modules = []
        for called in reach.folders:
            facts, _, implied, _ = self._read(called, engine)
            modules.append(Module(called, facts, implied))
        return Code(reach, tuple(modules), hidden=self._read(folder, engine)[1])

    def prefetch(self, folders: Iterable[tuple[str, str]]) -> None:
        """Read these folders and everything their local calls reach: one `cat-file` for each level of calls."""
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

    def reading(self, folder: str, engine: str) -> bool:
        return self._read(folder, engine)[3]

    def reads(self, folder: str, engine: str) -> Reads:
        """What the code of the folder reads, and the values of its names; nothing for a folder that was not read."""
        key = self._key(folder, engine)
        if key not in self._reads:
            self._look_for_reads({key})
        return self._reads[key]

    def prefetch_reads(self, folders: Iterable[tuple[str, str]]) -> None:
        self._look_for_reads({self._key(folder, engine) for folder, engine in folders} - self._reads.keys())

    def _look_for_reads(self, keys: Iterable[Files]) -> None:
        wanted = list(keys)
        blobs = self._git.blobs(self._source, {oid for key in wanted for _, oid in key}) if wanted else {}
        for key in wanted:
            late = key in self._late or self._patience.over
            self._reads[key] = Reads() if late else self._modules.reads(_of_folder(key, blobs))
            if late:
                self._late.add(key)

    def used_reads(self) -> KnownReads:
        kept = self._reads.keys() - self._late
        return {key: self._reads[key] for key in self._files.values() if key in kept}

    def used(self) -> Known:
        """What was used, to be `known` at the next revision."""
        kept = self._memory.keys() - self._late
        return {key: self._memory[key] for key in self._files.values() if key in kept}

    def _key(self, folder: str, engine: str) -> Files:
        at = (folder, engine)
        known = self._files.get(at)
        if known is None:
            files = {
                **dict(configuration_files(self._tree, folder, engine)),
                **dict(test_files(self._tree, folder)),
            }
            known = self._files[at] = tuple(sorted(files.items()))
        return known

    def _read(self, folder: str, engine: str) -> Read:
        key = self._key(folder, engine)
        if key not in self._memory:
            self._read_all({key})
        return self._memory[key]

    def _read_all(self, keys: Iterable[Files]) -> None:
        wanted = list(keys)
        blobs = self._git.blobs(self._source, {oid for key in wanted for _, oid in key}) if wanted else {}
        for key in sorted(wanted, key=lambda key: sum(len(blobs.get(oid, b"")) for _, oid in key)):
            files = _of_folder(key, blobs)
            if self._patience.over:
                self._late.add(key)
                files = dict.fromkeys(files, _too_large())
            facts = self._modules.read(files)
            hidden = tuple(name for name in facts.unreadable if STATE_BLOCK.search(files[name]))
            # Only if needed: finding them requires parsing every block of every file.
            implied = self._modules.providers(files) if self._source.allow.providers else frozenset()
            self._memory[key] = facts, hidden, implied, self._modules.reading(files)


def _computes(code: Code, engine: str) -> bool:
    backend = code.facts.backend
    evaluates = ENGINES[engine].backends_since is not None
    return bool(code.reach.computed) or (backend is not None and bool(backend.computed) and evaluates)


def _of_folder(key: Files, blobs: Mapping[str, bytes]) -> dict[str, bytes]:
    """The contents by name; of a folder that is too large, the small files."""
    files = {name: blobs[oid] if oid in blobs else _too_large() for name, oid in key}
    left = LARGEST_FOLDER
    for name in sorted(files, key=lambda name: len(files[name])):
        left -= len(files[name])
        if left < 0:
            files[name] = _too_large()
    return files


def _too_large() -> bytes:
    """A blob too large for git to return is reported as such, and may contain anything."""
    return b'backend "'.ljust(LARGEST + 1)
