"""A remote that is a list of commits."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from runner.model.approval.approval import Commit
from runner.model.approval.signature import Signature
from runner.model.preview.heads import Merge, Merged, PullHead, PullHeads
from runner.model.settings.source import SourceSettings
from runner.model.stack.source import TreeEntry

MAIN = 'resource "terraform_data" "one" {{\n  input = "{value}"\n}}\n'


@dataclass
class Remote:
    """Satisfies `ports.Git` and `ports.Trees`: what it has, the mirror has."""

    trees: Path
    commits_made: list[dict[str, str]] = field(default_factory=list)  # the values of all stacks

    def push(self, **values: str) -> None:
        self.commits_made.append({**(self.commits_made[-1] if self.commits_made else {}), **values})

    def value(self, revision: str, stack: str) -> str:
        return self.commits_made[int(revision, 16)][stack]

    def head(self, source: SourceSettings) -> str:
        return f"{len(self.commits_made) - 1:040x}"

    def fetch(self, source: SourceSettings, revision: str) -> None: ...

    def has(self, source: SourceSettings, revision: str) -> bool:
        return True

    def is_ancestor(self, source: SourceSettings, old: str, new: str) -> bool:
        return old <= new

    def resolve(self, source: SourceSettings, expression: str) -> str:
        return expression

    def tree_id(self, source: SourceSettings, revision: str) -> str:
        return revision

    def tree(self, source: SourceSettings, revision: str) -> Sequence[TreeEntry]:
        files = self._files(revision)
        folders = {path.partition("/")[0] for path in files}
        return [
            *(TreeEntry(folder, "040000", "tree", "0" * 40) for folder in sorted(folders)),
            *(TreeEntry(path, "100644", "blob", _oid(content)) for path, content in files.items()),
        ]

    def blobs(self, source: SourceSettings, oids: Iterable[str]) -> Mapping[str, bytes]:
        everything = {
            _oid(content): content
            for number in range(len(self.commits_made))
            for content in self._files(f"{number:040x}").values()
        }
        return {oid: everything[oid] for oid in oids}

    def commit(self, source: SourceSettings, revision: str) -> Commit:
        mail = "carl@example.com"
        return Commit(revision, "Carl", mail, "Carl", mail, datetime(2026, 1, 1, tzinfo=UTC), "a change")

    def commits(self, source: SourceSettings, old: str, new: str) -> Sequence[Commit]:
        return [self.commit(source, new)]

    def touching(self, source: SourceSettings, new: str, places: Iterable[str]) -> Sequence[Commit]:
        return [self.commit(source, new)]

    def verify(self, source: SourceSettings, old: str | None, new: str) -> tuple[Signature, ...]:
        return ()

    def signers(self, source: SourceSettings, revisions: Sequence[str]) -> Mapping[str, str]:
        return {}

    def pull_heads(self, source: SourceSettings, refs: Sequence[str], base: str) -> PullHeads:
        return PullHeads(self.head(source), ())

    def fetch_pull(self, source: SourceSettings, head: PullHead) -> None: ...

    def merge(self, source: SourceSettings, number: int, base: str, head: str) -> Merge:
        return Merged(head, head)

    def drop_pulls(self, source: SourceSettings, keep: frozenset[int]) -> None: ...

    def export(
        self,
        source: SourceSettings,
        revision: str,
        keep: Callable[[int], None] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> Path:
        tree = self.trees / revision
        for path, content in self._files(revision).items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(content)
        return tree

    def settle(self, source: SourceSettings, revision: str) -> None: ...

    def keep_only(self, needed: frozenset[tuple[str, str]], now: datetime) -> int:
        return 0

    def _files(self, revision: str) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for name, value in self.commits_made[int(revision, 16)].items():
            found[f"{name}/stack.yaml"] = f"name: {name}\n".encode()
            found[f"{name}/main.tf"] = MAIN.format(value=value).encode()
        return found


def _oid(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
