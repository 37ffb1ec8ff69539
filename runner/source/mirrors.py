"""Git of all sources, for the services: each call finds its mirror, and repairs it if it is missing or broken."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from runner.errors import BranchMissing, GitFailed, GitTooOld, SourceTooLarge
from runner.host.files import private_folder
from runner.model.approval.approval import Commit
from runner.model.approval.signature import Signature
from runner.model.preview.heads import Merge, PullHead, PullHeads
from runner.model.preview.landing import Step
from runner.model.settings.source import SourceSettings
from runner.model.stack.source import TreeEntry
from runner.source import amended, arguments, history, pulls, signature
from runner.source.address import BadAddress
from runner.source.answers import Answers, answered_at, poll_cost
from runner.source.export import discard, export, exported, settle
from runner.source.failure import failed
from runner.source.listing import forget_old, listing
from runner.source.mirror import Mirror
from runner.source.packs import write_pack
from runner.source.steps import steps

SPARED_SECONDS = 3600.0  # a younger tree may belong to a run that is just being queued
LARGEST_BLOB = 32 << 20
MAX_CONTENTS = 512 << 20  # at once: they are read into memory
T = TypeVar("T")


class GitMirrors:
    def __init__(self, data_dir: Path, timeout: float) -> None:
        self._data_dir = data_dir
        self._timeout = timeout
        self._answers = Answers()

    # Remote

    def head(self, source: SourceSettings) -> str:
        with self._mirror(source, "ls-remote") as mirror, self._answers.noting(mirror):
            return mirror.remote_head()

    def answered_at(self, source: SourceSettings) -> datetime | None:
        return answered_at(Mirror(self._data_dir, source, self._timeout))

    def poll_cost(self, source: SourceSettings) -> float | None:
        return poll_cost(Mirror(self._data_dir, source, self._timeout))

    def fetch(self, source: SourceSettings, revision: str) -> None:
        with self._mirror(source, "fetch") as mirror:
            mirror.fetch(revision)

    # Pull requests

    def pull_heads(self, source: SourceSettings, refs: Sequence[str], base: str) -> PullHeads:
        with self._mirror(source, "ls-remote") as mirror, self._answers.noting(mirror):
            return pulls.heads(mirror, refs, base)

    def fetch_pull(self, source: SourceSettings, head: PullHead) -> None:
        self._read(source, "fetch", lambda mirror: pulls.fetch(mirror, head))
        with self._mirror(source, "fetch") as mirror:
            if problem := pulls.missing(mirror, head):
                raise failed(source, "fetch", problem)

    def merge(self, source: SourceSettings, number: int, base: str, head: str) -> Merge:
        return self._read(source, "merge-tree", lambda mirror: pulls.merge(mirror, number, base, head))

    def drop_pulls(self, source: SourceSettings, keep: frozenset[int]) -> None:
        with self._mirror(source, "update-ref") as mirror:
            pulls.drop(mirror, keep)

    # Commits of Driftline

    def amend(self, source: SourceSettings, base: str, files: Mapping[str, bytes], message: str) -> str:
        return self._read(source, "commit-tree", lambda mirror: amended.amend(mirror, base, files, message))

    def drop_amended(self, source: SourceSettings, revision: str) -> None:
        with self._mirror(source, "update-ref") as mirror:
            amended.drop_amended(mirror, revision)

    def push(self, source: SourceSettings, revision: str, branch: str) -> None:
        with self._mirror(source, "push") as mirror:
            amended.push(mirror, revision, branch)

    # Mirror

    def is_ancestor(self, source: SourceSettings, old: str, new: str) -> bool:
        return self._read(source, "merge-base", lambda mirror: mirror.is_ancestor(old, new))

    def has(self, source: SourceSettings, revision: str) -> bool:
        return self._read(source, "rev-parse", lambda mirror: mirror.has(revision))

    def resolve(self, source: SourceSettings, expression: str) -> str:
        return self._read(source, "rev-parse", lambda mirror: history.resolve(mirror, expression))

    def tree_id(self, source: SourceSettings, revision: str) -> str:
        return self._read(
            source,
            "rev-parse",
            lambda mirror: (
                mirror.local("rev-parse", arguments.tree_id(mirror.path, revision)).output.decode().strip()
            ),
        )

    def tree(self, source: SourceSettings, revision: str) -> Sequence[TreeEntry]:
        return self._read(source, "ls-tree", lambda mirror: listing(mirror, revision))

    def blobs(self, source: SourceSettings, oids: Iterable[str]) -> Mapping[str, bytes]:
        wanted = list(dict.fromkeys(oids))
        return self._read(source, "cat-file", lambda mirror: _contents(mirror, wanted)) if wanted else {}

    def commit(self, source: SourceSettings, revision: str) -> Commit:
        return self._read(source, "log", lambda mirror: history.commit(mirror, revision))

    def commits(self, source: SourceSettings, old: str, new: str) -> Sequence[Commit]:
        return self._read(source, "log", lambda mirror: history.commits(mirror, old, new))

    def steps(self, source: SourceSettings, old: str, new: str) -> Sequence[Step]:
        return self._read(source, "rev-list", lambda mirror: steps(mirror, old, new))

    def touching(self, source: SourceSettings, new: str, places: Iterable[str]) -> Sequence[Commit]:
        return self._read(source, "log", lambda mirror: history.touching(mirror, new, places))

    def verify(self, source: SourceSettings, old: str | None, new: str) -> tuple[Signature, ...]:
        if source.verify.mode == "off":
            return ()
        return self._read(source, "rev-list", lambda mirror: signature.verify(mirror, old, new))

    def signers(self, source: SourceSettings, revisions: Sequence[str]) -> Mapping[str, str]:
        return self._read(source, "cat-file", lambda mirror: signature.signers(mirror, revisions))

    # Exported trees and packs

    def pack(self, source: SourceSettings, revision: str, path: Path) -> None:
        self._read(source, "pack-objects", lambda mirror: write_pack(mirror, revision, path))

    def export(
        self,
        source: SourceSettings,
        revision: str,
        keep: Callable[[int], None] | None = None,
        report: Callable[[str], None] | None = None,
    ) -> Path:
        return self._read(source, "export", lambda mirror: export(mirror, revision, keep, report))

    def settle(self, source: SourceSettings, revision: str) -> None:
        with self._mirror(source, "export") as mirror:
            settle(mirror, revision)

    def keep_only(self, needed: frozenset[tuple[str, str]], now: datetime) -> int:
        """Trees in use stay."""
        unneeded = [tree for tree in exported(self._data_dir) if tree[:2] not in needed]
        return sum(
            discard(self._data_dir, source, revision)
            for source, revision, used in unneeded
            if now.timestamp() - used > SPARED_SECONDS
        )

    def _read(self, source: SourceSettings, command: str, read: Callable[[Mirror], T]) -> T:
        """A mirror that is broken, or missing after a restore without it, is made again, once."""
        with self._mirror(source, command) as mirror:
            try:
                return read(mirror)
            except (BranchMissing, GitTooOld, SourceTooLarge):
                raise
            except GitFailed as error:
                if not _repaired(mirror, error):
                    raise
                return read(mirror)

    @contextmanager
    def _mirror(self, source: SourceSettings, command: str) -> Iterator[Mirror]:
        mirror = Mirror(self._data_dir, source, self._timeout)
        forget_old()
        try:
            private_folder(mirror.path.parent)
            yield mirror
        except BadAddress as error:
            raise GitFailed(
                command=command, source=source.name, problem=str(error), hint="driftline config validate"
            ) from error
        except OSError as error:
            raise failed(source, command, str(error)) from error


def _contents(mirror: Mirror, oids: Sequence[str]) -> dict[str, bytes]:
    """Objects that are too large are left out, the largest first if together they would fill the memory.

    A stack that needs one of those is refused; the others are read.
    """
    found: dict[str, bytes] = {}
    sizes: dict[str, int] = {}
    left = MAX_CONTENTS
    with mirror.contents(oids) as contents:
        for oid, size, chunks in contents:
            if size > LARGEST_BLOB:
                continue
            sizes[oid] = size
            left -= size
            if left >= 0:
                found[oid] = b"".join(chunks)
            else:
                found.clear()
    return found if left >= 0 else _contents(mirror, _smallest(sizes))


def _smallest(sizes: Mapping[str, int]) -> list[str]:
    """As many as may be read at once."""
    chosen = []
    left = MAX_CONTENTS
    for oid, size in sorted(sizes.items(), key=lambda item: item[1]):
        left -= size
        if left < 0:
            break
        chosen.append(oid)
    return chosen


def _repaired(mirror: Mirror, error: GitFailed) -> bool:
    try:
        return mirror.repair(proven=mirror.damaged(str(error.facts.get("problem"))))
    except GitFailed:
        return False  # the remote cannot be reached either; the first error is the one to report
