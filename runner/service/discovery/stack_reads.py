"""The files that stacks read beside their modules, found for many stacks at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from runner.model.code.file_reads import ANY_VARIABLE, known_values, template_reads
from runner.model.code.found_reads import MAX_UNKNOWN, NOTHING_READ, Found, found_reads
from runner.model.code.located import Located
from runner.model.code.tree import Tree
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import VARIABLE, StackDefinition
from runner.ports.files import Modules
from runner.ports.git import Git
from runner.service.discovery.module_facts import FolderFacts
from runner.service.discovery.root_values import var_files


class StackReads:
    """`passed` are environment variables of the daemon that reach the engine; no commit shows their values."""

    def __init__(
        self,
        git: Git,
        modules: Modules,
        source: SourceSettings,
        tree: Tree,
        code: FolderFacts,
        passed: Iterable[str] = (),
    ) -> None:
        self._git, self._modules, self._source, self._tree, self._code = git, modules, source, tree, code
        self._passed = frozenset(passed)
        self._templates: dict[str, bool] = {}  # by content: whether it may read files
        self._values: dict[str, Mapping[str, str | None]] = {}  # by path

    def prefetch(self, stacks: Iterable[Located]) -> None:
        """Two `cat-file` for all of them: for the modules' files, and for the relevant var files."""
        reading = [stack for stack in stacks if self._may_read(stack)]
        folders = {(folder, stack.definition.engine) for stack in reading for folder in self._folders(stack)}
        self._code.prefetch_reads(folders)
        self._read_values(
            {
                path
                for stack in reading
                if self._variables(stack) - _by_name(stack.definition)
                for path in self._var_files(stack)
            }
        )

    def of(self, stack: Located) -> Found:
        if not self._may_read(stack):
            return NOTHING_READ
        engine = stack.definition.engine
        found = found_reads(
            self._tree,
            stack.module_path,
            stack.definition.terraform_workspace,
            self._given(stack),
            lambda folder: self._code.reads(folder, engine),
            self._code.code(stack).reach.by_value,
        )
        templates = tuple(f"{path}: a template that reads files" for path in self._reading_templates(found))
        return replace(found, unknown=(*found.unknown, *templates)) if templates else found

    def _reading_templates(self, found: Found) -> list[str]:
        """Each template is read once per content."""
        oids = {path: entry.oid for path in found.templates if (entry := self._tree.get(path)) is not None}
        new = set(oids.values()) - self._templates.keys()
        blobs = self._git.blobs(self._source, new) if new else {}
        for oid in new:
            content = blobs.get(oid)
            self._templates[oid] = content is None or template_reads(content)
        return sorted(path for path, oid in oids.items() if self._templates[oid])[:MAX_UNKNOWN]

    def _folders(self, stack: Located) -> tuple[str, ...]:
        return self._code.code(stack).reach.folders

    def _may_read(self, stack: Located) -> bool:
        return any(self._code.reading(folder, stack.definition.engine) for folder in self._folders(stack))

    def _variables(self, stack: Located) -> frozenset[str]:
        return self._code.reads(stack.module_path, stack.definition.engine).variables

    def _given(self, stack: Located) -> dict[str, str | None]:
        """The values passed to the root module's variables, without defaults."""
        used = self._variables(stack)
        if not used:
            return {}
        known: dict[str, str | None] = {f"var.{name.removeprefix(VARIABLE)}": None for name in self._passed}
        known |= {
            f"var.{name.removeprefix(VARIABLE)}": value
            for name, value in stack.definition.env.items()
            if name.startswith(VARIABLE)
        }
        if used - _by_name(stack.definition):
            for path in self._var_files(stack):
                values = self._values.get(path)
                if values is None:
                    self._read_values({path})
                    values = self._values[path]
                if ANY_VARIABLE in values:
                    known |= dict.fromkeys(used)
                known |= values
        return known | known_values(stack.definition.vars)

    def _var_files(self, stack: Located) -> list[str]:
        return var_files(self._tree, stack, stack.module_path)

    def _read_values(self, paths: Iterable[str]) -> None:
        oids = {path: entry.oid for path in paths if (entry := self._tree.get(path)) is not None}
        blobs = self._git.blobs(self._source, set(oids.values())) if oids else {}
        for path in paths:
            content = blobs.get(oids.get(path, ""))
            self._values[path] = (
                {ANY_VARIABLE: None} if content is None else self._modules.values(path, content)
            )


def _by_name(definition: StackDefinition) -> frozenset[str]:
    """The variables that the stack file sets itself, which override everything else."""
    return frozenset(f"var.{name}" for name in definition.vars)
