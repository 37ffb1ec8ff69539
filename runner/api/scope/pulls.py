"""Pull requests, their previews, and what was read at forges."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from runner.api.scope.seen import Seen
from runner.model.approval.carried import Carried
from runner.model.forge.planned import Answer
from runner.model.forge.request import RequestComment
from runner.model.preview.pull_request import PreviewOf, PullRequest, PullState
from runner.model.run.life import Run


class SeenPulls(Seen):
    def pull_requests(
        self, source: str | None = None, states: Collection[PullState] = ()
    ) -> list[PullRequest]:
        """Problems name files of any stack, as those of a source do."""
        found = (one for one in self.whole.pull_requests(source, states) if self.sees_source(one.source))
        return [self._of_pull(one) for one in found]

    def pull_request(self, source: str, number: int) -> PullRequest | None:
        found = self.whole.pull_request(source, number) if self.sees_source(source) else None
        return None if found is None else self._of_pull(found)

    def pull_request_of(self, run: int) -> PullRequest | None:
        found = self.whole.pull_request_of(self.run(run).id)
        return None if found is None else self._of_pull(found)

    def preview_of(self, run: int) -> PreviewOf | None:
        return self.whole.preview_of(self.run(run).id)

    def previews_before_applies(self, source: str) -> frozenset[int]:
        found = self.whole.previews_before_applies(source)
        return frozenset(one for one in found if self.sees(self.whole.run(one).stack))

    def reviewed_previews(self, run: Run) -> list[Run]:
        return self.whole.reviewed_previews(run) if self.sees(run.stack) else []

    def runs_with_reviews(self) -> list[Run]:
        return self._only(self.whole.runs_with_reviews(), lambda run: run.stack)

    def carried(self, run: int) -> Carried | None:
        return self.whole.carried(self.run(run).id)

    def forge_since(self, source: str) -> datetime | None:
        return self.whole.forge_since(source) if self.sees_source(source) else None

    def read_at_forges(self) -> frozenset[str]:
        return frozenset(filter(self.sees_source, self.whole.read_at_forges()))

    def comment_taken(self, source: str, comment: RequestComment) -> bool:
        return self.sees_source(source) and self.whole.comment_taken(source, comment)

    def accounts_of(self, source: str, login: str) -> Collection[str]:
        return self.whole.accounts_of(source, login) if self.sees_source(source) else ()

    def answers(self, source: str, number: int) -> list[Answer]:
        return self.whole.answers(source, number) if self.sees_source(source) else []

    def _of_pull(self, of: PullRequest) -> PullRequest:
        return replace(of, problems=(), stacks=tuple(self._only(of.stacks, lambda one: one.stack)))
