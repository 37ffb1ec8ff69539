"""Self-healing: how a stack reacts to drift, and what a heal of a report would do."""

from datetime import datetime

from runner.model.changes.changes import ChangeSet
from runner.model.drift.report import DriftReport
from runner.model.healing.limits import DAY
from runner.model.healing.rules import NamedRule
from runner.model.healing.verdict import Decision, Verdict
from runner.model.run.life import Kind, Run, State
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.model.values.frozen import dataclass
from runner.ports.basics import Clock
from runner.ports.records.runs import RunFilter
from runner.ports.records.store import Reader
from runner.service.approval.healing import (
    expected_verdict,
    past_heals,
    stack_heal_terms,
    still_heals,
)

_PLANNED = frozenset({State.AWAITING_APPROVAL, State.APPROVED})
_LOOKED_AT = 50  # the newest runs of a stack


@dataclass(frozen=True)
class HealRuleRow:
    name: str
    do: str
    matches: str
    reason: str

    @property
    def sentence(self) -> str:
        """Such as `rule 1 of drift.heal: heal attributes tags (tags belong to the code)`."""
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.name}: {self.do} {self.matches}{why}"


@dataclass(frozen=True)
class HealingView:
    """`why` says who decided the action. `today` counts heals of the last 24 hours, of at most `per_day`."""

    action: str
    why: str
    today: int
    per_day: int
    rules: tuple[HealRuleRow, ...]


def healing_view(reader: Reader, settings: Settings, stack: Stack, now: datetime) -> HealingView:
    terms = stack_heal_terms(settings, reader, stack)
    past = past_heals(settings, reader, stack, now)
    return HealingView(
        action=terms.action,
        why=terms.why,
        today=sum(heal.at > now - DAY for heal in past),
        per_day=settings.drift.heal_limits.per_day,
        rules=tuple(map(_rule, terms.rules)),
    )


def _rule(of: NamedRule) -> HealRuleRow:
    rule = of.rule
    said = {
        "actions": rule.actions,
        "types": rule.types,
        "addresses": rule.addresses,
        "attributes": rule.attributes,
    }
    words = ", ".join(f"{key} {' '.join(value)}" for key, value in said.items() if value)
    return HealRuleRow(of.name, rule.do, words or "everything", rule.reason)


@dataclass(frozen=True)
class HealPart:
    """`attribute` is None where a whole resource is created, deleted or replaced; `rule` is None where none matches."""

    address: str
    action: str
    attribute: str | None
    do: str
    rule: str | None
    reason: str


@dataclass(frozen=True)
class HealPage:
    """What a heal of the report would do, as planned by `run`, and whether it would be applied without a person."""

    report: str
    stack: str
    run: str
    planned: bool  # whether the run is the heal itself, and not the check that found the drift
    by_itself: bool
    waits_for: str  # why it waits for a person
    obstacles: tuple[str, ...]
    parts: tuple[HealPart, ...]
    healing: HealingView


def heal_page(reader: Reader, settings: Settings, clock: Clock, report: DriftReport) -> HealPage | None:
    """None if no plan of it is on record."""
    found = _plan(reader, report)
    if found is None:
        return None
    run, changes = found
    stack = reader.stack(report.stack)
    current = reader.current_report(report.stack)
    if run.kind is Kind.CHANGE:
        verdict = still_heals(settings, clock, reader, run)
    else:
        same = current if current is not None and current.id == report.id else None
        verdict = expected_verdict(settings, clock, reader, stack, same, changes)
    return HealPage(
        report=report.name,
        stack=report.stack,
        run=run.name,
        planned=run.kind is Kind.CHANGE,
        by_itself=verdict.heals,
        waits_for=verdict.why_not,
        obstacles=verdict.obstacles,
        parts=_parts(verdict),
        healing=healing_view(reader, settings, stack, clock.now()),
    )


def _plan(reader: Reader, report: DriftReport) -> tuple[Run, ChangeSet] | None:
    """The plan of its open heal, or of the last check that saw it."""
    runs = [
        run
        for run in reader.runs(RunFilter(stack=report.stack, limit=_LOOKED_AT))
        if run.report == report.id and (run.kind is Kind.DRIFT or run.state in _PLANNED)
    ]
    for run in sorted(runs, key=lambda run: run.kind is Kind.DRIFT):
        changes = reader.changes(run.id)
        if changes is not None:
            return run, changes
    return None


def _parts(verdict: Verdict) -> tuple[HealPart, ...]:
    return tuple(map(_part, verdict.decisions))


def _part(of: Decision) -> HealPart:
    return HealPart(
        address=of.part.address,
        action=of.part.action,
        attribute=of.part.path,
        do=of.do,
        rule=of.by.name if of.by else None,
        reason=of.sentence,
    )
