"""What a pull request would do, as it is written at a forge."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from runner.errors import SourceNotFound
from runner.model.changes.changes import Diagnostic
from runner.model.changes.diagnostic_text import diagnostic_rows
from runner.model.forge.planned import Answer, PlannedRequest, PlannedStack, PlanState
from runner.model.policy.result import sentences
from runner.model.preview.pull_request import Hold, PreviewedStack, PullRequest, beyond_limit
from runner.model.run.life import Run, State
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.ports.basics import Clock
from runner.ports.records.store import Reader
from runner.service.approval.approve import option
from runner.service.approval.question import Question, question
from runner.service.preview.look import LEAVES
from runner.view.commit_results import run_page
from runner.view.terms import terms_view
from runner.view.window import closed_view
from runner.view.words import found

_STATES: dict[State, PlanState] = {
    State.PLANNED: PlanState.PLANNED,
    State.NO_CHANGES: PlanState.NO_CHANGES,
    State.PLAN_FAILED: PlanState.FAILED,
}


@dataclass(frozen=True)
class RequestView:
    """Reads it from the records. Nothing in it is relative to now, so that it stays the same until something changes."""

    settings: Settings
    clock: Clock

    def of(self, reader: Reader, pull: PullRequest, answers: Iterable[Answer] = ()) -> PlannedRequest:
        allow = f"driftline pr allow {pull.number} --source {pull.source} --head {pull.head}"
        return PlannedRequest(
            pull.number,
            pull.head,
            tuple(self._stack(reader, one) for one in pull.stacks),
            pull.problems,
            problem=pull.reason if pull.hold is not None else "",
            hint=allow if pull.hold is Hold.FORK else "",
            answers=tuple(answers),
            beyond=beyond_limit(pull.unplanned),
        )

    def _stack(self, reader: Reader, of: PreviewedStack) -> PlannedStack:
        if of.run is None:
            state = PlanState.NO_CHANGES if of.problem == LEAVES else PlanState.FAILED
            return PlannedStack(of.stack, state, note=of.problem)
        run = reader.run(of.run)
        told = PlannedStack(
            of.stack,
            _STATES.get(run.state, PlanState.WAITING),
            run.summary,
            url=run_page(self.settings.web, run),
            drift=_drift(reader, of.stack),
        )
        if told.state is PlanState.PLANNED:
            return self._planned(reader, run, told)
        if told.state is PlanState.FAILED:
            errors = tuple(_errors(reader.diagnostics(run.id)))
            return replace(told, note=run.reason, errors=errors)
        return told if told.state is PlanState.NO_CHANGES else replace(told, note=run.reason)

    def _planned(self, reader: Reader, run: Run, told: PlannedStack) -> PlannedStack:
        changed = replace(told, changes=reader.changes(run.id))
        try:
            asked = question(self.settings, self.clock, reader, run.id)
        except SourceNotFound:
            return changed
        after = tuple(self._after(asked))
        if denied := sentences(asked.judged.results):
            return replace(changed, state=PlanState.REFUSED, note="; ".join(denied), after=after)
        if asked.terms.mode == "never":
            return replace(changed, after=after)
        given = tuple(approval.person.name for approval in asked.standing.given)
        return replace(changed, after=after, digest=run.binding_digest or "", approved_by=given)

    def _after(self, asked: Question) -> Iterator[str]:
        """What stands between the merge and the apply."""
        terms = terms_view(asked.terms, self.settings.approvals.people)
        if terms.mode == "never":
            yield f"is never applied ({terms.why['mode']})"
            return
        yield f"needs {terms.needs}"
        if terms.from_ is not None:
            yield f"approvers: {', '.join(terms.from_) or 'nobody'}"
        if (closed := closed_view(asked.closed)) is not None:
            yield f"waits for its windows: {closed.sentence}"
        if asked.terms.on_merge == "reviewed":
            yield "approvals of this plan count after the merge if the plan is the same then"
        for one in asked.violations:
            yield f"{one.sentence} ({option(one.answer)})" if one.answer else one.sentence


def _drift(reader: Reader, stack: str) -> str:
    report = reader.current_report(stack)
    if report is None or not report.confirmed:
        return ""
    since = f"{report.first_seen:%Y-%m-%d %H:%M} UTC"
    return f"{found(report)}, {report.status.value} since {since}: driftline drift show {report.name}"


def _errors(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    for one in diagnostics:
        yield from diagnostic_rows(one, short=True)
