"""Pull requests, and the stacks that each one touches."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.approval.carried import Carried
    from runner.model.preview.pull_request import PreviewOf, PullRequest, PullState
    from runner.model.run.life import Run
    from runner.model.stack.definition import Discovered


class PullReader(Protocol):
    def pull_requests(
        self, source: str | None = None, states: Collection[PullState] = ()
    ) -> list[PullRequest]:
        """By source, and the newest number first; without `states` in any."""
        ...

    def pull_request(self, source: str, number: int) -> PullRequest | None: ...

    def pull_request_of(self, run: int) -> PullRequest | None:
        """The one that still needs this preview."""
        ...

    def preview_of(self, run: int) -> PreviewOf | None:
        """The request that this run previewed, as it was then."""
        ...

    def previews_before_applies(self, source: str) -> frozenset[int]:
        """Previews of open requests that ended before an apply of their stack did, however far that came."""
        ...

    def reviewed_previews(self, run: Run) -> list[Run]:
        """Previews of its stack that somebody approved, newest first; without those of other changes that are applied by now."""
        ...

    def runs_with_reviews(self) -> list[Run]:
        """Plans that wait for approval, that have `reviewed_previews`, for which `save_carried` was not called yet."""
        ...

    def carried(self, run: int) -> Carried | None:
        """What became of the reviews for this run."""
        ...


class PullWriter(PullReader, Protocol):
    def save_pull_request(self, pull: PullRequest) -> None:
        """With its stacks; a change of what people see of it is an event."""
        ...

    def save_pull_at_forge(
        self, source: str, number: int, *, gone: bool, title: str | None = None, author: str | None = None
    ) -> None:
        """What its forge says of it, which no look at Git changes; None leaves it as it is."""
        ...

    def allow_pull_head(self, pull: PullRequest, *, by: str) -> PullRequest:
        """A person lets this head of a fork be planned."""
        ...

    def save_carried(self, carried: Carried) -> None: ...

    def save_newcomer(self, stack: Discovered) -> None:
        """A stack that only a pull request declares, so that a preview can be recorded; known ones stay as they are."""
        ...
