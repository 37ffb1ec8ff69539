"""The commits behind a plan: what its apply would execute and nobody but their authors has approved yet."""

import hashlib
import json
from collections.abc import Sequence

from runner.model.approval.approval import Commit, Review
from runner.model.stack.definition import StackDefinition
from runner.model.values.frozen import dataclass

MOST = 200  # commits that are recorded with a plan; where there are more, Git is asked at each approval


@dataclass(frozen=True)
class Reviewed:
    """What is recorded of a run's code. `rewritten` are the heads that force-pushes discarded since the review."""

    revision: str
    definition: StackDefinition
    review: Review | None
    rewritten: Sequence[str]

    @property
    def digest(self) -> str:
        """It changes with everything on record that decides which commits are behind a plan."""
        review = self.review
        last = review and (
            review.source,
            review.revision,
            review.definition.digest,
            review.module_path,
            review.file,
            review.at.isoformat(),
        )
        told = json.dumps([self.revision, self.definition.digest, last, list(self.rewritten)])
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True)
class CommitsBehind:
    """As Git told them when the plan was made. They hold while `reviewed` is the digest of what is on record."""

    reviewed: str
    commits: tuple[Commit, ...]
