"""The terms under which a run is approved and a stack is applied, according to the operator's rules and Git now."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from runner.model.approval.approval import Review
from runner.model.approval.binding import Binding
from runner.model.approval.lineage import in_force, outlived
from runner.model.approval.terms import Declaration, Terms, agreed, declaration_of, raised
from runner.model.changes.changes import Summary
from runner.model.policy.material import NOTHING, Judging
from runner.model.run.life import Kind, Run
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.model.values.frozen import dataclass
from runner.ports.records.approvals import ApprovalReader
from runner.ports.records.declarations import DeclarationReader
from runner.ports.records.stacks import StackReader

if TYPE_CHECKING:
    # A list of stacks needs none of what a worker or an engine is.
    from runner.ports.control import ControlPorts
    from runner.ports.records.store import Writer


class RunJudgingReader(DeclarationReader, StackReader, Protocol):
    """Declarations, and which revision is applied."""


class TermsReader(DeclarationReader, ApprovalReader, Protocol):
    """Declarations, and what policies said of a run's plan."""


@dataclass(frozen=True)
class PlanTerms:
    """What a run's plan is judged by: `declared` are all declarations that count, newest last."""

    terms: Terms
    declared: tuple[Declaration, ...]
    binding: Binding | None


def plan_terms(settings: Settings, reader: TermsReader, run: Run) -> PlanTerms:
    """Terms by its own definition and by every other that still counts, including the one in Git; policies may have
    raised them.
    """
    declared, binding = judged_by(reader, run), reader.binding(run.id)
    terms = terms_by(settings, declared, run.summary)
    return PlanTerms(terms if binding is None else raised(terms, binding.judged.results), declared, binding)


def run_terms(settings: Settings, reader: TermsReader, run: Run) -> Terms:
    return plan_terms(settings, reader, run).terms


def usual_terms(settings: Settings, reader: TermsReader, run: Run) -> Terms:
    """Terms of any plan, without rules and policies that concern just this one."""
    return _terms(settings, reader, run.stack, _declared(reader, run))


def judging(control: "ControlPorts", reader: RunJudgingReader, run: Run) -> Judging:
    """What judges the run's plan now. A policy that matches any declaration that counts is among it, and so are the
    repository's policies at the applied revision.
    """
    if run.kind is Kind.DRIFT:
        return NOTHING
    declared = [(one.definition, one.source) for one in judged_by(reader, run)]
    found = control.policies.judging(declared)
    source = control.settings.source(run.source)
    folders = () if source is None else source.allow.policies
    applied = reader.stack(run.stack).applied_revision or ""
    return replace(found, folders=folders, former=applied if folders else "")


def stack_terms(
    settings: Settings, reader: DeclarationReader, stack: Stack, plan: Summary | None = None
) -> Terms:
    """The terms of the next change, or of this plan."""
    return _terms(settings, reader, stack.name, declaration_of(stack), plan)


def counting(reader: DeclarationReader, stack: Stack) -> tuple[Declaration, ...]:
    """All declarations that the next change is judged by, newest last."""
    return _in_force(reader, stack.name, declaration_of(stack))


def judged_by(reader: DeclarationReader, run: Run) -> tuple[Declaration, ...]:
    """All declarations that this run is judged by, newest last."""
    return _in_force(reader, run.stack, _declared(reader, run))


def _terms(
    settings: Settings,
    reader: DeclarationReader,
    stack: str,
    own: Declaration,
    plan: Summary | None = None,
) -> Terms:
    return terms_by(settings, _in_force(reader, stack, own), plan)


def terms_by(settings: Settings, declared: Sequence[Declaration], plan: Summary | None = None) -> Terms:
    """By the operator's rules and these declarations, without what policies said."""
    lowering = frozenset(source.name for source in settings.sources if source.allow.lower_approvals)
    return agreed(settings.approvals, declared, lowering, plan, settings.window_rules)


def _in_force(reader: DeclarationReader, stack: str, own: Declaration) -> tuple[Declaration, ...]:
    return in_force([one for one, _ in reader.declarations(stack)], own)


def _declared(reader: DeclarationReader, run: Run) -> Declaration:
    return Declaration(
        definition=reader.definition(run.definition),
        source=run.source,
        module_path=run.module_path,
        identity=run.identity,
        file=run.file,
        revision=run.revision,
    )


def accept_applied(writer: "Writer", run: Run) -> None:
    """After an apply: earlier declarations that it was judged by no longer count, and what others approved
    counts as reviewed.
    """
    if run.kind is Kind.DESTROY:
        writer.forget_review(run.stack)
    if run.targets:
        return
    own = _declared(writer, run)
    if run.planned_at is not None:
        writer.drop_declarations(outlived(writer.declarations(run.stack), own, run.planned_at))
    given = (one for one in writer.approvals(run.id) if one.binding_digest == run.binding_digest)
    if run.kind is Kind.CHANGE and any(one.independent for one in given):
        writer.save_review(
            Review(
                stack=run.stack,
                source=run.source,
                revision=run.revision,
                definition=own.definition,
                module_path=run.module_path,
                file=run.file,
                at=run.created_at,
            )
        )
