"""What the store knows of stacks, gathered for a screen: the view that decides, the last run, who has approved."""

from dataclasses import dataclass, replace

from runner.app import App
from runner.disk import DataDisk
from runner.model.approving import Standing, standing
from runner.model.clock import latest
from runner.model.decide import View, decide, health
from runner.model.run import Run, State
from runner.model.settings import Settings
from runner.model.source import SourceStatus
from runner.model.stack import Health, Stack
from runner.ports import Clock, Reader
from runner.service.enqueue import view as view_of
from runner.service.enqueue import views
from runner.service.terms import run_terms


@dataclass(frozen=True)
class StackFacts:
    view: View
    branch: str | None
    last: Run | None
    standing: Standing | None  # of the run that waits for approval

    @property
    def stack(self) -> Stack:
        return self.view.stack

    @property
    def health(self) -> tuple[Health, str]:
        return health(self.view)

    @property
    def reason(self) -> str:
        """Why the stack is not well; else why nothing happens, or what will."""
        _, ill = self.health
        told = ill or decide(self.view).sentence
        return f"{told} ({given(self.standing)})" if self.standing is not None and not ill else told


def given(standing: Standing) -> str:
    """Such as `1 of 2`."""
    return f"{standing.needed - standing.missing} of {standing.needed}"


def all_stacks(reader: Reader, settings: Settings, clock: Clock) -> list[StackFacts]:
    last = reader.last_runs()
    found = views(reader, clock, DataDisk(settings).shortage(), settings.executor.per_account)
    return [_facts(reader, settings, view, last.get(view.stack.name)) for view in found]


def one_stack(reader: Reader, settings: Settings, clock: Clock, name: str) -> StackFacts:
    view = view_of(reader, clock, name, DataDisk(settings).shortage(), settings.executor.per_account)
    return _facts(reader, settings, view, reader.last_runs().get(name))


def _facts(reader: Reader, settings: Settings, view: View, last: Run | None) -> StackFacts:
    source = settings.source(view.stack.source)
    waiting = view.open_change
    asked = waiting is not None and waiting.state is State.AWAITING_APPROVAL
    return StackFacts(
        view=view,
        branch=source.branch if source else None,
        last=last,
        standing=approvals_of(reader, settings, waiting, view) if waiting and asked else None,
    )


def approvals_of(reader: Reader, settings: Settings, run: Run, view: View) -> Standing | None:
    """How far the approval of a run is; None where its source is no longer configured."""
    if settings.source(run.source) is None:
        return None
    terms = run_terms(settings, reader, run)
    return standing(
        run,
        reader.approvals(run.id),
        terms,
        settings.approvals,
        latest(view.now, reader.newest_time(run.name)),
    )


def with_last_answer(app: App, status: SourceStatus) -> SourceStatus:
    """With the time of the last answer, of which a poll that finds nothing keeps no record."""
    source = app.settings.source(status.name)
    answered = app.git.answered_at(source) if source is not None else None
    times = [moment for moment in (status.polled_at, answered) if moment is not None]
    return replace(status, polled_at=max(times, default=None))
