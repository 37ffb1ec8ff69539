"""All sources' Git, as the services see it: each call finds its mirror, and mends it where it is missing or broken."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from runner.errors import GitFailed
from runner.model.approval import Commit
from runner.model.settings import SourceSettings
from runner.model.source import TreeEntry
from runner.source import arguments, history
from runner.source.export import discard, export, exported
from runner.source.mirror import Mirror
from runner.source.tree import read_tree

SPARED_SECONDS = 3600.0  # a tree as young as this may be of a run that is only being queued


class GitMirrors:
    def __init__(self, data_dir: Path, timeout: float) -> None:
        self._data_dir = data_dir
        self._timeout = timeout

    def _mirror(self, source: SourceSettings) -> Mirror:
        mirror = Mirror(self._data_dir, source, self._timeout)
        mirror.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return mirror

    def _local(self, source: SourceSettings) -> Mirror:
        """The mirror, made where it is missing, as after a restore without it."""
        mirror = self._mirror(source)
        if not mirror.path.exists():
            mirror.mend(proven=True)
        return mirror

    def head(self, source: SourceSettings) -> str:
        return self._mirror(source).remote_head()

    def fetch(self, source: SourceSettings, revision: str) -> None:
        self._mirror(source).fetch(revision)

    def is_ancestor(self, source: SourceSettings, old: str, new: str) -> bool:
        return self._local(source).is_ancestor(old, new)

    def resolve(self, source: SourceSettings, expression: str) -> str:
        return history.resolve(self._local(source), expression)

    def tree(self, source: SourceSettings, revision: str) -> Sequence[TreeEntry]:
        mirror = self._local(source)
        return read_tree(mirror.local("ls-tree", arguments.ls_tree(mirror.path, revision)).output)

    def blobs(self, source: SourceSettings, oids: Iterable[str]) -> Mapping[str, bytes]:
        wanted = list(dict.fromkeys(oids))
        if not wanted:
            return {}
        with self._local(source).contents(wanted) as contents:
            return {oid: b"".join(chunks) for oid, _, chunks in contents}

    def commit(self, source: SourceSettings, revision: str) -> Commit:
        return history.commits(self._local(source), None, revision)[0]

    def commits(self, source: SourceSettings, old: str | None, new: str) -> Sequence[Commit]:
        return history.commits(self._local(source), old, new)

    def co_authors(self, source: SourceSettings, revision: str) -> Sequence[str]:
        return self.commit(source, revision).co_authors

    def export(self, source: SourceSettings, revision: str) -> Path:
        """A mirror whose objects are broken is made again once; what it then lacks is lost at the remote too."""
        mirror = self._local(source)
        try:
            return export(mirror, revision)
        except GitFailed:
            if not mirror.mend(proven=False):
                raise
            return export(mirror, revision)

    def keep_only(self, needed: frozenset[tuple[str, str]], now: datetime) -> int:
        removed = 0
        for source, revision in set(exported(self._data_dir)) - needed:
            tree = self._data_dir / "trees" / source / revision
            with suppress(FileNotFoundError):
                if now.timestamp() - tree.stat().st_mtime > SPARED_SECONDS:
                    discard(self._data_dir, source, revision)
                    removed += 1
        return removed
