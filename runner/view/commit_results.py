"""What came of applying commits, as it is written at a forge."""

from collections.abc import Sequence
from datetime import timedelta

from runner.model.forge.result_comment import SHOWN_STATES, CommitResult, StackResult
from runner.model.run.life import Kind, Run, State
from runner.model.settings.web import WebSettings
from runner.model.values.frozen import dataclass
from runner.ports.basics import Clock
from runner.ports.records.runs import RunFilter
from runner.ports.records.store import Reader

RECENT = timedelta(hours=24)  # a commit with a result since then is looked at
MOST_RUNS = 1_000
# Where the plan of a stack has come to after it failed.
_LATER = frozenset(
    {State.AWAITING_APPROVAL, State.APPROVED, State.APPLYING, State.REJECTED, State.NO_CHANGES}
)


@dataclass(frozen=True)
class ResultsView:
    web: WebSettings
    clock: Clock

    def of(self, reader: Reader, source: str) -> list[CommitResult]:
        """The time only decides at which commits to look, so that what is written at one does not age."""
        since = self.clock.now() - RECENT
        where = RunFilter(source=source, kind=Kind.CHANGE, states=SHOWN_STATES, since=since, limit=MOST_RUNS)
        recent = dict.fromkeys(run.revision for run in reader.runs(where) if run.report is None)
        return [self._at(reader, source, revision) for revision in recent]

    def _at(self, reader: Reader, source: str, revision: str) -> CommitResult:
        """The last result of each stack. A heal is none: it brings nothing new from Git."""
        states = SHOWN_STATES | _LATER
        where = RunFilter(source=source, revision=revision, kind=Kind.CHANGE, states=states, limit=MOST_RUNS)
        found: dict[str, list[Run]] = {}
        for run in reader.runs(where):
            if run.report is None:
                found.setdefault(run.stack, []).append(run)
        results = (_told(runs) for runs in found.values())
        return CommitResult(revision, tuple(self._result(one) for one in results if one is not None))

    def _result(self, of: Run) -> StackResult:
        return StackResult(of.stack, of.name, of.state, of.summary, of.reason, run_page(self.web, of))


def _told(runs: Sequence[Run]) -> Run | None:
    """Of one stack, newest first. A plan that has not failed is a result only if an earlier one of the commit did."""
    if any(one.state is State.PLAN_FAILED for one in runs):
        return runs[0]
    return next((one for one in runs if one.state in SHOWN_STATES), None)


def run_page(web: WebSettings, run: Run) -> str | None:
    """Only at an address that people elsewhere can open."""
    return f"{web.public_url.rstrip('/')}/runs/{run.name}" if web.public_url else None
