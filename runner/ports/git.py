"""Git: a source's mirror and the trees that are exported from it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from runner.model.approval.approval import Commit
from runner.model.approval.signature import Signature
from runner.model.settings.source import SourceSettings
from runner.model.stack.source import TreeEntry


class Git(Protocol):
    """A source's bare mirror. Every method may raise GitFailed; none starts a checkout's hooks or filters."""

    def head(self, source: SourceSettings) -> str:
        """Ask the remote (`ls-remote`) for the branch's revision."""
        ...

    def fetch(self, source: SourceSettings, revision: str) -> None:
        """Bring the branch into the mirror, creating it where missing; objects are never thrown away."""
        ...

    def has(self, source: SourceSettings, revision: str) -> bool:
        """Whether the mirror has it; not any more where it was rewritten, and the mirror made again."""
        ...

    def is_ancestor(self, source: SourceSettings, old: str, new: str) -> bool: ...

    def resolve(self, source: SourceSettings, expression: str) -> str:
        """The full commit id of a revision expression on the tracked branch's history, or RevisionNotFound."""
        ...

    def tree_id(self, source: SourceSettings, revision: str) -> str:
        """Git's own id of everything in the revision."""
        ...

    def tree(self, source: SourceSettings, revision: str) -> Sequence[TreeEntry]:
        """Everything in the revision, folders included."""
        ...

    def blobs(self, source: SourceSettings, oids: Iterable[str]) -> Mapping[str, bytes]:
        """Contents by object id, through one `cat-file --batch`; what is larger than 32 MiB is left out, and of more than
        512 MiB together the largest ones.
        """
        ...

    def commit(self, source: SourceSettings, revision: str) -> Commit: ...

    def commits(self, source: SourceSettings, old: str, new: str) -> Sequence[Commit]:
        """The commits of `old..new`, newest first, co-authors included."""
        ...

    def touching(self, source: SourceSettings, new: str, places: Iterable[str]) -> Sequence[Commit]:
        """All up to `new` that changed one of the places, or a merge that brought such a change in, newest first."""
        ...

    def verify(self, source: SourceSettings, old: str | None, new: str) -> tuple[Signature, ...]:
        """Who signed `new` and what else the source's `verify` asks for, newest first; nothing where it is off.

        `old` is the revision that was taken before, None on first contact. Untrusted where a signature is missing or
        bad, VerifierFailed where that cannot be told.
        """
        ...

    def signers(self, source: SourceSettings, revisions: Sequence[str]) -> Mapping[str, str]:
        """Who signed each of them; an empty text where no trusted signature proves anybody. VerifierFailed."""
        ...

    def export(
        self,
        source: SourceSettings,
        revision: str,
        keep: Callable[[int], None] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> Path:
        """The folder with the checked-out tree, shared by all stacks, always at the same absolute path.

        What is there and is not Git's is put right, and told of; only what runs have left stays. As long as the
        descriptor that `keep` is given is open, the folder is not removed.
        """
        ...

    def settle(self, source: SourceSettings, revision: str) -> None:
        """After a run: what it has left in that folder may stay."""
        ...


class Trees(Protocol):
    def keep_only(self, needed: frozenset[tuple[str, str]], now: datetime) -> int:
        """Remove exported trees of other (source, revision) pairs that are older than an hour; how many."""
        ...
