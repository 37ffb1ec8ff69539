"""Sources with a visible stack, and their commits."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from runner.api.scope.seen import Seen
from runner.model.approval.approval import Commit
from runner.model.stack.source import SourceStatus


class SeenSources(Seen):
    def commit(self, source: str, revision: str) -> Commit | None:
        return self.whole.commit(source, revision)

    def rewritten(self, source: str, since: datetime | None) -> list[str]:
        return self.whole.rewritten(source, since)

    def signers(self, source: str, revisions: Iterable[str]) -> dict[str, str]:
        return self.whole.signers(source, revisions)

    def source(self, name: str) -> SourceStatus:
        return self._part(self.whole.source(name)) if self.sees_source(name) else SourceStatus(name)

    def sources(self) -> list[SourceStatus]:
        return [self._part(status) for status in self.whole.sources() if self.sees_source(status.name)]

    def wakes(self) -> frozenset[str]:
        return frozenset(filter(self.sees_source, self.whole.wakes()))

    def _part(self, of: SourceStatus) -> SourceStatus:
        """Problems name files of any stack, so that only whether there are some is told."""
        newcomers = tuple((name, problem) for name, problem in of.newcomers if self.sees(name))
        return replace(of, problems=(), notes=(), newcomers=newcomers)
