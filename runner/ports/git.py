"""Git: the mirror of a source, and the trees exported from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.approval.approval import Commit
    from runner.model.approval.signature import Signature
    from runner.model.preview.heads import Merge, PullHead, PullHeads
    from runner.model.preview.landing import Step
    from runner.model.settings.source import SourceSettings
    from runner.model.stack.source import TreeEntry


class Git(Protocol):
    """A source's bare mirror. Every method may raise GitFailed; none runs hooks or filters."""

    def head(self, source: SourceSettings) -> str:
        """Ask the remote (`ls-remote`) for the branch's revision."""
        ...

    def fetch(self, source: SourceSettings, revision: str) -> None:
        """Fetch the branch into the mirror, which is created if missing; objects are never removed."""
        ...

    def has(self, source: SourceSettings, revision: str) -> bool:
        """Whether the mirror has it. It may be lost if history was rewritten and the mirror recreated."""
        ...

    def is_ancestor(self, source: SourceSettings, old: str, new: str) -> bool: ...

    def resolve(self, source: SourceSettings, expression: str) -> str:
        """The full commit id of a revision expression in the history of the branch; else RevisionNotFound."""
        ...

    def tree_id(self, source: SourceSettings, revision: str) -> str:
        """Git's own id of everything in the revision."""
        ...

    def tree(self, source: SourceSettings, revision: str) -> Sequence[TreeEntry]:
        """Everything in the revision, including directories."""
        ...

    def blobs(self, source: SourceSettings, oids: Iterable[str]) -> Mapping[str, bytes]:
        """Contents by object id, from one `cat-file --batch`.

        Objects larger than 32 MiB are left out, and the largest ones if all together exceed 512 MiB.
        """
        ...

    def commit(self, source: SourceSettings, revision: str) -> Commit: ...

    def commits(self, source: SourceSettings, old: str, new: str) -> Sequence[Commit]:
        """The commits of `old..new`, newest first, co-authors included."""
        ...

    def steps(self, source: SourceSettings, old: str, new: str) -> Sequence[Step]:
        """What each commit of `old..new` that the branch itself got changed, oldest first; a merge by its first parent.

        If there are more than a thousand, the newest of them: the first one's `before` is not `old` then.
        """
        ...

    def touching(self, source: SourceSettings, new: str, places: Iterable[str]) -> Sequence[Commit]:
        """All commits up to `new` that changed one of the paths, and merges that brought in such a change, newest first."""
        ...

    def verify(self, source: SourceSettings, old: str | None, new: str) -> tuple[Signature, ...]:
        """The signatures of `new` and of everything else that `verify` of the source covers, newest first; none if it is off.

        `old` is the last accepted revision, None for a new source. Raises Untrusted if a signature is missing or
        invalid, and VerifierFailed if it cannot be checked.
        """
        ...

    def signers(self, source: SourceSettings, revisions: Sequence[str]) -> Mapping[str, str]:
        """Who signed each of them, "" without a trusted signature; VerifierFailed if that cannot be checked."""
        ...

    def export(
        self,
        source: SourceSettings,
        revision: str,
        keep: Callable[[int], None] | None = None,
        report: Callable[[str], None] | None = None,
    ) -> Path:
        """The directory with the tree, shared by all stacks, always at the same absolute path.

        Deviations from Git are repaired and passed to `report`; only files that runs left behind stay. The directory
        is not removed while the descriptor passed to `keep` is open.
        """
        ...

    def settle(self, source: SourceSettings, revision: str) -> None:
        """After a run: accept the files that it left in this directory."""
        ...

    def pull_heads(self, source: SourceSettings, refs: Sequence[str], base: str) -> PullHeads:
        """The heads of pull requests and of the branch `base`, from one `ls-remote`; BranchMissing without that branch.

        `*` in a pattern of `refs` is the number of a request, which must be positive. If two patterns have the same
        number, the first pattern wins.
        """
        ...

    def fetch_pull(self, source: SourceSettings, head: PullHead) -> None:
        """Fetch the head of a pull request into the mirror, within the limits of any fetch.

        GitFailed if the remote meanwhile has another head, or if it is not a commit.
        """
        ...

    def merge(self, source: SourceSettings, number: int, base: str, head: str) -> Merge:
        """The result of merging `head` into `base`, kept until `drop_pulls`; the same revision on every machine.

        Both must be in the mirror: after a repair of the mirror, `fetch_pull` again. GitTooOld before git 2.38.
        """
        ...

    def amend(self, source: SourceSettings, base: str, files: Mapping[str, bytes], message: str) -> str:
        """A commit on top of `base` with these contents, kept in the mirror until `drop_amended`.

        The same change is the same commit.
        """
        ...

    def drop_amended(self, source: SourceSettings, revision: str) -> None: ...

    def push(self, source: SourceSettings, revision: str, branch: str) -> None:
        """Make it a new branch at the remote. GitFailed if the remote refuses, or has another one of this name."""
        ...

    def drop_pulls(self, source: SourceSettings, keep: frozenset[int]) -> None:
        """Forget heads and merges of all other pull requests."""
        ...


class Trees(Protocol):
    def keep_only(self, needed: frozenset[tuple[str, str]], now: datetime) -> int:
        """Remove exported trees of other (source, revision) pairs older than an hour; returns how many."""
        ...
