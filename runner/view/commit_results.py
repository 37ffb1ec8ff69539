"""What came of applying commits, as it is written at a forge."""

from dataclasses import dataclass
from datetime import timedelta

from runner.model.forge.result_comment import SHOWN_STATES, CommitResult, StackResult
from runner.model.run.life import Kind, Run
from runner.model.settings.web import WebSettings
from runner.ports.basics import Clock
from runner.ports.records.runs import RunFilter
from runner.ports.records.store import Reader

RECENT = timedelta(hours=24)  # a commit with a result since then is looked at
BEFORE = timedelta(days=7)  # and its results since then are shown
MOST_RUNS = 1_000


@dataclass(frozen=True)
class ResultsView:
    web: WebSettings
    clock: Clock

    def of(self, reader: Reader, source: str) -> list[CommitResult]:
        """The last result of each stack at each commit. A heal is none: it brings nothing new from Git."""
        now = self.clock.now()
        where = RunFilter(
            source=source, kind=Kind.CHANGE, states=SHOWN_STATES, since=now - BEFORE, limit=MOST_RUNS
        )
        found: dict[str, dict[str, Run]] = {}
        for run in reader.runs(where):
            if run.report is None:
                found.setdefault(run.revision, {}).setdefault(run.stack, run)
        return [
            CommitResult(revision, tuple(self._result(one) for one in runs.values()))
            for revision, runs in found.items()
            if any(one.changed_at >= now - RECENT for one in runs.values())
        ]

    def _result(self, of: Run) -> StackResult:
        return StackResult(of.stack, of.name, of.state, of.summary, of.reason, run_page(self.web, of))


def run_page(web: WebSettings, run: Run) -> str | None:
    """Only at an address that people elsewhere can open."""
    return f"{web.public_url.rstrip('/')}/runs/{run.name}" if web.public_url else None
