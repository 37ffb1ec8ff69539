"""Everything about one stack."""

from runner.model.drift.partly import Partly
from runner.model.run.life import Kind
from runner.model.schedule.decide import Decision
from runner.model.schedule.disk_room import format_size
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.model.stack.unread import Unread, unread
from runner.model.values.frozen import dataclass
from runner.model.warm.probe import ProbeRecord
from runner.model.warm.provider import Way
from runner.ports.records.runs import RunFilter
from runner.ports.records.store import Reader
from runner.service.approval.terms import stack_terms
from runner.service.cycle.placed import placement_of_stack
from runner.service.drift.partly import partly_applied
from runner.service.queue.enqueue import explain
from runner.service.queue.outputs import outputs_of
from runner.view.context import ContextRows, context_rows
from runner.view.engine import InstalledOf, asked_by, next_engine
from runner.view.facts import StackFacts, given
from runner.view.healing import HealingView, healing_view
from runner.view.lock import LockRow, lock_row
from runner.view.outputs import TakenRow, UsedRow, taken_rows, used_rows
from runner.view.promotion import PromotionPlace, promotion_place
from runner.view.run import RunRows, run_rows
from runner.view.stack import StackRow, stack_row
from runner.view.state import StackState, stack_state
from runner.view.terms import TermsView, terms_view
from runner.view.window import ClosedView, WindowRow, closed_view, window_rows

LAST_RUNS = 5


@dataclass(frozen=True)
class DecisionView:
    """What is decided, and the rule and the sentence that say why."""

    action: str
    code: str
    reason: str


@dataclass(frozen=True)
class ProbeView:
    """How the last drift check was done, and why not by warm providers."""

    way: Way
    reason: str
    checks: int
    checked: bool


@dataclass(frozen=True)
class PartlyRow:
    """A run that left parts of its revision in the state."""

    run: str
    revision: str
    outcome: str


@dataclass(frozen=True)
class PlaceView:
    """`pool` is empty for the host of the daemon; with `problem` it executes nowhere."""

    pool: str
    problem: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class StackPage(StackRow):
    """Everything about one stack. `sentence` is the decision about its changes, `health_reason` why it is not well."""

    engine: str
    engine_asked: str  # what asks for a version of it
    # What its next plan uses, or why nothing does; None from a server, which starts no programs.
    engine_next: str | None = None
    terraform_workspace: str
    depends_on: tuple[str, ...]
    promotion: PromotionPlace | None
    managed_state: bool
    apply_mode: str  # as Git says it; the mode that counts is in `terms`
    change: DecisionView
    check: DecisionView
    sentence: str
    health_reason: str
    source_note: str
    approvals: str  # such as `1 of 2`, of the run that waits for approval
    probe: ProbeView
    lock: LockRow | None
    renamed_from: str | None
    renamed_to: str | None
    left: str | None
    state_folder: str | None
    state: StackState | None = None  # if it is managed, and there is one
    problem: str | None
    report: str | None
    newest: Unread | None = None  # a newer revision that could not be taken
    partly_applied: tuple[PartlyRow, ...]
    open_runs: RunRows
    last_runs: RunRows
    peak_memory: dict[str, int | None]
    terms: TermsView
    healing: HealingView
    contexts: ContextRows = ()
    windows: tuple[WindowRow, ...] = ()
    closed: ClosedView | None = None  # of its approved run
    takes: tuple[TakenRow, ...] = ()
    used_by: tuple[UsedRow, ...] = ()
    executes: PlaceView | None = None  # where there are pools, or it chooses one

    @property
    def memory(self) -> str:
        """Such as `change 310 MB, drift 120 MB`."""
        return ", ".join(f"{kind} {format_size(peak)}" for kind, peak in self.peak_memory.items() if peak)


def stack_page(
    reader: Reader, settings: Settings, facts: StackFacts, installed: InstalledOf | None = None
) -> StackPage:
    stack, name, placed = facts.stack, facts.stack.name, facts.view.lock
    report = reader.current_report(name)
    outputs = outputs_of(reader, stack)
    change, check = explain(facts.view)
    row, terms = stack_row(facts), stack_terms(settings, reader, stack)
    return StackPage(
        **vars(row),
        engine=stack.definition.engine,
        engine_asked=asked_by(stack.wants),
        engine_next=next_engine(settings, installed, stack) if installed is not None else None,
        terraform_workspace=stack.definition.terraform_workspace,
        depends_on=stack.definition.dependencies,
        promotion=promotion_place(settings.promotion, name),
        managed_state=stack.managed_state,
        apply_mode=stack.definition.apply.mode,
        change=_decision(change),
        check=_decision(check),
        sentence=facts.sentence,
        health_reason=facts.health[1],
        source_note=facts.source_note,
        approvals=given(facts.standing) if facts.standing else "",
        probe=probe_view(reader.probe(name)),
        lock=lock_row(placed) if placed else None,
        renamed_from=stack.renamed_from,
        renamed_to=stack.renamed_to,
        left=stack.left,
        state_folder=stack.folder if stack.managed_state else None,
        state=stack_state(reader, stack),
        problem=stack.problem,
        newest=unread(stack, reader.source(stack.source)),
        report=report.name if report else None,
        partly_applied=tuple(map(_partly, partly_applied(reader, name))),
        open_runs=run_rows(facts.view.open_runs),
        last_runs=run_rows(reader.runs(RunFilter(stack=name, limit=LAST_RUNS))),
        peak_memory={kind.value: reader.peak_memory(name, kind) for kind in Kind},
        terms=terms_view(terms, settings.approvals.people),
        healing=healing_view(reader, settings, stack, facts.view.now),
        contexts=context_rows(settings.contexts, stack.definition, stack.source),
        windows=window_rows(terms.windows, facts.view.now),
        closed=closed_view(facts.view.closed),
        takes=taken_rows(outputs.used(stack), outputs.known, stack.moved_outputs),
        used_by=used_rows(facts.view.used_by),
        executes=_place(settings, stack),
    )


def _place(settings: Settings, stack: Stack) -> PlaceView | None:
    placement = placement_of_stack(settings, stack)
    if placement.here and not settings.pools:
        return None
    return PlaceView(placement.pool, placement.problem, placement.sentence)


def _decision(of: Decision) -> DecisionView:
    return DecisionView(of.action.value, of.code, of.sentence)


def probe_view(of: ProbeRecord) -> ProbeView:
    return ProbeView(of.way, of.reason, of.checks, of.checked)


def _partly(of: Partly) -> PartlyRow:
    return PartlyRow(of.run, of.revision, of.outcome)
