"""One run, drawn."""

import json
from datetime import datetime

from runner.cli.screen import cells
from runner.cli.screen.evidence import evidence_lines
from runner.cli.screen.facts import (
    Fact,
    diagnostic_lines,
    fact_lines,
    ignored_facts,
    policy_facts,
    review_facts,
    terms_facts,
)
from runner.cli.screen.needs import need_lines
from runner.cli.screen.output import Cell, Screen
from runner.cli.screen.plan import apply_only_lines, both_plans, plan_screen
from runner.model.run.life import Kind, State
from runner.view import words
from runner.view.lease import lease_sentence
from runner.view.run_page import ApprovalRow, CommitRow, PullName, RunPage
from runner.view.when import ago
from runner.view.window import GlassRow

HAS_CHANGES = frozenset(
    {State.PLANNED, State.AWAITING_APPROVAL, State.APPROVED, State.APPLYING, State.APPLIED}
)


def run_page_screen(of: RunPage, now: datetime) -> Screen:
    """Everything but its changes."""
    yield Cell(of.id, "bold")
    yield from fact_lines([fact for fact in _facts(of, now) if fact[1]])
    if of.silent is not None:
        yield from need_lines(of.silent)
    yield from apply_only_lines(of.changes)
    yield from diagnostic_lines(of.diagnostics)
    yield from evidence_lines(of.evidence)


def _facts(of: RunPage, now: datetime) -> list[Fact]:
    return [
        ("stack", of.stack),
        (
            "kind",
            f"{of.kind} run, {of.trigger}, requested by {of.requested_by} {ago(of.created_at, now)}",
        ),
        ("request", _request(of.pull_request)),
        ("state", cells.state(of)),
        ("since", ago(of.changed_at, now)),
        ("window", Cell(of.closed.sentence, "yellow") if of.closed else ""),
        ("break glass", _glass(of.break_glass, now) if of.break_glass else ""),
        ("reason", of.reason),
        ("revision", _revision(of.revision, of.commit)),
        ("signed by", (of.commit.signed_by or "") if of.commit else ""),
        ("changes", words.changes(of)),
        *terms_facts(of.terms),
        ("contexts", "; ".join(one.sentence for one in of.contexts)),
        ("renamed", f"from {of.renamed_from}" if of.renamed_from else ""),
        *ignored_facts(of.ignored),
        *policy_facts(of.policies),
        (
            "planned",
            f"{ago(of.planned_at, now)} with {of.engine} {of.engine_version or ''}".rstrip()
            if of.planned_at
            else "",
        ),
        ("how", of.planned_how),
        ("steps", words.steps(of.steps)),
        ("digest", of.plan_digest or ""),
        ("fingerprint", of.fingerprint or ""),
        ("binding", of.binding_digest or ""),
        ("approvals", "; ".join(_approval(one, now) for one in of.approvals)),
        *review_facts(of.reviews),
        ("healed by", "; ".join(of.healed_by)),
        ("process", "" if of.lease and not of.lease.end else of.process or ""),
        ("worker", lease_sentence(of.lease, now) if of.lease else ""),
        ("next", of.superseded_by or of.way_out),
        ("report", of.report or ""),
        ("artifacts", ", ".join(of.artifacts)),
    ]


def _request(of: PullName | None) -> str:
    return f"{of.source}#{of.number}   {of.command}" if of else ""


def _revision(revision: str, commit: CommitRow | None) -> str:
    return f'{revision[:12]} "{commit.subject}" by {commit.author}' if commit else revision[:12]


def _glass(of: GlassRow, now: datetime) -> Cell:
    return Cell(f"{of.by} (by {of.known_by}) {ago(of.at, now)}: {of.reason}", "yellow")


def _approval(of: ApprovalRow, now: datetime) -> str:
    accepted = " ".join(of.accepted)
    return f"{of.by} (by {of.known_by}) {ago(of.at, now)} {accepted} {of.comment}".rstrip()


def planned_screen(of: RunPage, *, full: bool) -> Screen:
    """What its plan would do, where it came to one."""
    if of.state in HAS_CHANGES:
        yield from plan_screen(of, full=full)
    if of.state is State.NO_CHANGES:
        yield f"{of.id} of {of.stack}: no changes."


def diff_screen(of: RunPage, *, full: bool) -> Screen:
    """What it would do or did; where it was planned again both plans."""
    if both := both_plans(of):
        yield from both
        return
    yield from plan_screen(of, full=full)
    yield from diagnostic_lines(of.diagnostics)
    if said := policy_facts(of.policies):
        yield ""
        yield from fact_lines(said)
    # Of a preview no plan is kept: a review names its binding.
    if digest := of.plan_digest or (of.binding_digest if of.kind is Kind.PREVIEW else None):
        yield ""
        yield from fact_lines([("digest", digest), ("fingerprint", of.fingerprint or "")])


def applied_screen(of: RunPage) -> Screen:
    """What came of an apply: the outputs, or both plans where the approved one did not hold any more."""
    if of.state is State.APPLIED and of.outputs:
        yield Cell("Outputs:", "bold")
        for name, value in sorted(of.outputs.items()):
            yield f"  {name} = {json.dumps(value, ensure_ascii=False)}"
    yield from both_plans(of)
