"""What discovery would say of a commit with the new stack files, asked before anything is written."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from runner.adopt.scan import Scanned
from runner.config.stack_file import StackFileReader
from runner.engine.modules.configuration import HclModules
from runner.host.files import read_foreign
from runner.model.settings.server import Settings
from runner.model.settings.source import GENEROUS, SourceSettings
from runner.model.stack.source import TreeEntry
from runner.model.values.paths import TOP, parent
from runner.model.values.problem import Problem
from runner.ports.git import Git
from runner.service.discovery.discover import Discoverer

_LARGEST = 32 << 20
_REVISION = "0" * 40


@dataclass
class _Commit:
    """The tree with the new files in it, in the shape of a Git tree."""

    scanned: Scanned
    texts: Mapping[str, str]
    _paths: dict[str, str] = field(default_factory=dict)
    _targets: dict[str, bytes] = field(default_factory=dict)

    def tree(self, _source: SourceSettings, _revision: str) -> Sequence[TreeEntry]:
        paths = {entry.path: entry for entry in self.scanned.entries}
        folders = set(self.scanned.layout.files) | {above for path in self.texts for above in _above(path)}
        found = [self._entry(path, "040000", "tree") for path in folders - {TOP} - paths.keys()]
        for path in paths.keys() | self.texts.keys():
            entry = paths.get(path)
            link = entry is not None and entry.is_link and path not in self.texts
            made = self._entry(path, "120000" if link else "100644", "blob")
            if link and entry is not None:
                self._targets[made.oid] = entry.target.encode(errors="surrogateescape")
            found.append(made)
        return sorted(found, key=lambda entry: entry.path)

    def blobs(self, _source: SourceSettings, oids: Iterable[str]) -> Mapping[str, bytes]:
        return {oid: content for oid in oids if (content := self._content(oid)) is not None}

    def _entry(self, path: str, mode: str, kind: str) -> TreeEntry:
        oid = hashlib.sha1(path.encode(errors="surrogateescape"), usedforsecurity=False).hexdigest()
        self._paths[oid] = path
        return TreeEntry(path, mode, kind, oid)

    def _content(self, oid: str) -> bytes | None:
        path = self._paths[oid]
        if oid in self._targets:
            return self._targets[oid]
        if path in self.texts:
            return self.texts[path].encode()
        try:
            return read_foreign(self.scanned.top / Path(path), _LARGEST)
        except OSError:
            return None


def _above(path: str) -> Iterable[str]:
    while (path := parent(path)) != TOP:
        yield path


def problems(scanned: Scanned, texts: Mapping[str, str]) -> list[Problem]:
    """Those of the new files, whatever is wrong with others."""
    source = SourceSettings(name="here", url=str(scanned.top), stacks=("**/stack.yaml",), allow=GENEROUS)
    settings = Settings(data_dir=scanned.top, sources=(source,))
    commit = cast("Git", _Commit(scanned, texts))
    found = Discoverer(commit, StackFileReader(), HclModules(), settings).discover(source, _REVISION)
    return [problem for problem in found.problems if (problem.stack_file or problem.file) in texts]
