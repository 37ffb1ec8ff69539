"""Pull requests, and the stacks that each one touches."""

from collections.abc import Collection
from typing import Protocol

from runner.model.preview.pull_request import PullRequest, PullState
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


class PullWriter(PullReader, Protocol):
    def save_pull_request(self, pull: PullRequest) -> None:
        """With its stacks; a change of what people see of it is an event."""
        ...

    def allow_pull_head(self, pull: PullRequest, *, by: str) -> PullRequest:
        """A person lets this head of a fork be planned."""
        ...

    def save_newcomer(self, stack: Discovered) -> None:
        """A stack that only a pull request declares, so that a preview can be recorded; known ones stay as they are."""
        ...
