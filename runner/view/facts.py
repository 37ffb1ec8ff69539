"""What the records say about a stack, gathered in one place: what decides, the last run, who has approved."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from runner.model.approval.rules import Standing, standing
from runner.model.approval.terms import Terms
from runner.model.run.life import Run, State
from runner.model.schedule.decide import decide
from runner.model.schedule.health import health
from runner.model.schedule.view import View
from runner.model.settings.server import Settings
from runner.model.stack.definition import Health, Stack
from runner.model.values.clock import latest
from runner.model.values.frozen import dataclass
from runner.model.window.closed import Openings
from runner.ports.records.runs import RunFilter
from runner.service.approval.terms import PlanTerms, plan_terms
from runner.service.approval.windows import kept_closed
from runner.service.queue.records import StackRecords, stack_records
from runner.service.queue.views import views_of
from runner.view.words import or_list

if TYPE_CHECKING:
    from runner.ports.basics import Clock
    from runner.ports.records.store import Reader


@dataclass(frozen=True)
class StackFacts:
    view: View
    branch: str | None
    last: Run | None
    standing: Standing | None  # of the run that waits for approval
    judged_by: PlanTerms | None = None  # that run's plan
    never: str = ""  # of a run that is planned and never applied: by whose word

    @property
    def stack(self) -> Stack:
        return self.view.stack

    @cached_property
    def health(self) -> tuple[Health, str]:
        return health(self.view)

    @cached_property
    def reason(self) -> str:
        """Why the stack is not well; else why nothing happens, or what will."""
        _, ill = self.health
        if ill:
            return ill
        sentence = self.sentence
        return f"{sentence}; {self.source_note}" if self.source_note else sentence

    @cached_property
    def sentence(self) -> str:
        """What is decided about its changes."""
        run, sentence = self.view.open_change, decide(self.view).sentence
        if self.never and run is not None:
            return (
                f"{run.name} is planned, but this stack may not be applied: its mode is never ({self.never})"
            )
        return f"{sentence} ({given(self.standing)})" if self.standing is not None else sentence

    @property
    def next_check_at(self) -> datetime | None:
        """When drift is checked next. Nothing checks what was never applied, is gone from Git, or is paused."""
        checked = self.stack.applied_revision is not None and self.stack.missing_since is None
        return self.stack.next_check_at if checked and not self.view.paused else None

    @property
    def source_note(self) -> str:
        """That all of this is as it was last known."""
        problem = self.view.source_problem
        return f"source {self.stack.source} has a problem: {problem}" if problem else ""


def given(standing: Standing) -> str:
    """Such as `1 of 2`, and who has to be among them."""
    count = f"{standing.needed - standing.missing} of {standing.needed}"
    return "; ".join((count, *(f"{or_list(names)} must approve" for names in standing.lacks)))


@dataclass(frozen=True)
class AllRecords:
    """Of all stacks. `last` is the last run of each."""

    stacks: StackRecords
    last: Mapping[str, Run]


def all_records(reader: "Reader") -> AllRecords:
    whole = reader.unscoped()
    return AllRecords(stack_records(whole), whole.last_runs())


def all_stacks(
    reader: "Reader",
    settings: Settings,
    clock: "Clock",
    shortage: str | None,
    records: AllRecords | None = None,
) -> list[StackFacts]:
    """`shortage` says that the disk of the data directory has no room for new work.

    `records` are those of the moment that `reader` sees, where they are known.
    """
    known = records or all_records(reader)
    found = _views(known.stacks, reader, settings, clock, shortage)
    openings = Openings(clock.now())
    return [
        _facts(reader, settings, clock, view, known.last.get(view.stack.name), openings)
        for view in found
        if reader.sees(view.stack.name)
    ]


def one_stack(
    reader: "Reader",
    settings: Settings,
    clock: "Clock",
    shortage: str | None,
    name: str,
    records: AllRecords | None = None,
) -> StackFacts:
    """Also of one that has left Git; `records` as for all of them."""
    reader.stack(name)
    if records is None or name not in records.stacks.stacks:
        known = stack_records(reader.unscoped(), left=True)
    else:
        known = records.stacks
    found = _views(known, reader, settings, clock, shortage)
    view = next(view for view in found if view.stack.name == name)
    last = next(iter(reader.runs(RunFilter(stack=name, previews=False, limit=1))), None)
    return _facts(reader, settings, clock, view, last, Openings(clock.now()))


def _views(
    records: StackRecords, reader: "Reader", settings: Settings, clock: "Clock", shortage: str | None
) -> list[View]:
    return views_of(
        records, reader.unscoped(), clock, shortage, settings.executor.per_account, settings.promotion
    )


def _facts(
    reader: "Reader", settings: Settings, clock: "Clock", view: View, last: Run | None, openings: Openings
) -> StackFacts:
    source = settings.source(view.stack.source)
    if view.open_change is not None:
        view = replace(view, closed=kept_closed(settings, clock, reader, view.open_change, openings))
    facts = StackFacts(view=view, branch=source.branch if source else None, last=last, standing=None)
    waiting = view.open_change
    if source is None or waiting is None or waiting.state is not State.AWAITING_APPROVAL:
        return facts
    by = plan_terms(settings, reader, waiting)
    if by.terms.mode == "never":
        return replace(facts, judged_by=by, never=by.terms.why("mode"))
    return replace(facts, judged_by=by, standing=_standing(reader, settings, waiting, view, by.terms))


def _standing(reader: "Reader", settings: Settings, run: Run, view: View, terms: Terms) -> Standing:
    """How far the approval of a run is."""
    now = latest(view.now, reader.newest_time(run.name))
    return standing(run, reader.approvals(run.id), terms, settings.approvals, now)
