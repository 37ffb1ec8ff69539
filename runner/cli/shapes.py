"""The JSON that outsiders rely on: plain data from values, pure. A test holds the shapes; more fields may follow."""

import json
from collections.abc import Iterable
from typing import Any

from runner.model.approval.approval import Approval, Commit
from runner.model.approval.binding import Binding
from runner.model.drift.ignored import IgnoredChange
from runner.model.drift.partly import Partly
from runner.model.drift.probe import ProbeRecord
from runner.model.drift.report import DriftReport
from runner.model.evaluated.document import apply_document, attribute_document
from runner.model.plan.changes import (
    ChangeSet,
    Diagnostic,
    OutputChange,
    ResourceChange,
    Summary,
)
from runner.model.plan.step import Step
from runner.model.run.evidence import Evidence
from runner.model.run.life import Run
from runner.model.schedule.decide import Decision
from runner.model.schedule.sweep import Sweep, remaining
from runner.model.schedule.throttling import Throttle
from runner.model.stack.lock import Lock
from runner.model.stack.source import SourceStatus
from runner.model.values.codec import to_plain
from runner.model.values.problem import Problem
from runner.view.facts import StackFacts
from runner.view.when import rfc3339

Plain = dict[str, Any]


def stack(facts: StackFacts) -> Plain:
    of, (health, _) = facts.stack, facts.health
    return {
        "name": of.name,
        "source": of.source,
        "path": of.module_path,
        "file": of.file,
        "revision": of.revision,
        "applied_revision": of.applied_revision,
        "sync": of.sync.value,
        "drift": of.drift.value,
        "drift_reason": of.drift_reason,
        "health": health.value,
        "reason": facts.reason,
        "inputs": "not fully known" if of.unknown_inputs else "known",
        "unknown_inputs": list(of.unknown_inputs),
        "failing_checks": [
            {"address": check.address, "message": check.message, "since": rfc3339(check.since)}
            for check in of.failing_checks
        ],
        "labels": of.definition.labels,
        "checked_at": rfc3339(of.checked_at),
        "next_check_at": rfc3339(of.next_check_at) if of.missing_since is None else None,
        "last_run": facts.last.name if facts.last else None,
    }


def newcomer(source: SourceStatus, name: str, problem: str) -> Plain:
    """A stack that was never sound, in the shape of the others."""
    return {
        "name": name,
        "source": source.name,
        "path": None,
        "file": None,
        "revision": source.head,
        "applied_revision": None,
        "sync": "unknown",
        "drift": "unknown",
        "drift_reason": "",
        "health": "error",
        "reason": problem,
        "inputs": "not fully known",
        "unknown_inputs": [],
        "failing_checks": [],
        "labels": {},
        "checked_at": None,
        "next_check_at": None,
        "last_run": None,
    }


def stack_details(
    facts: StackFacts,
    decisions: tuple[Decision, Decision],
    runs: Iterable[Run],
    report: DriftReport | None,
    probe: ProbeRecord,
    partly: Iterable[Partly] = (),
) -> Plain:
    change, check = decisions
    definition, pause, placed = facts.stack.definition, facts.stack.pause, facts.view.lock
    return {
        **stack(facts),
        "engine": definition.engine,
        "terraform_workspace": definition.terraform_workspace,
        "depends_on": list(definition.depends_on),
        "managed_state": facts.stack.managed_state,
        "apply_mode": definition.apply.mode,  # as Git says it; what counts is in `terms`
        "change": {"action": change.action.value, "code": change.code, "reason": change.sentence},
        "check": {"action": check.action.value, "code": check.code, "reason": check.sentence},
        "probe": {"way": probe.way.value, "reason": probe.reason, "checks": probe.checks},
        "lock": lock(placed) if placed else None,
        "pause": pause
        and {
            "by": pause.by,
            "reason": pause.reason,
            "since": rfc3339(pause.since),
            "until": rfc3339(pause.until),
        },
        "missing_since": rfc3339(facts.stack.missing_since),
        "renamed_from": facts.stack.renamed_from,
        "renamed_to": facts.stack.renamed_to,
        "left": facts.stack.left,
        "state_folder": facts.stack.folder if facts.stack.managed_state else None,
        "problem": facts.stack.problem,
        "report": report.name if report else None,
        "partly_applied": [
            {"run": one.run, "revision": one.revision, "outcome": one.outcome} for one in partly
        ],
        "open_runs": [run(one) for one in facts.view.open_runs],
        "last_runs": [run(one) for one in runs],
    }


def summary(of: Summary) -> Plain:
    return {
        "create": of.create,
        "update": of.update,
        "replace": of.replace,
        "delete": of.delete,
        "import": of.import_,
        "forget": of.forget,
        "move": of.move,
        "output": of.output,
        "action": of.action,
    }


def run(of: Run) -> Plain:
    return {
        "id": of.name,
        "stack": of.stack,
        "source": of.source,
        "kind": of.kind.value,
        "state": of.state.value,
        "reason": of.reason,
        "revision": of.revision,
        "created_at": rfc3339(of.created_at),
        "changed_at": rfc3339(of.changed_at),
        "planned_at": rfc3339(of.planned_at),
        "trigger": of.trigger.value,
        "requested_by": of.requested_by,
        "targets": list(of.targets),
        "summary": summary(of.summary),
        "plan_digest": of.plan_digest,
        "fingerprint": of.fingerprint,
        "executed_digest": of.executed_digest,
        "wait_until": rfc3339(of.wait_until),
        "binding_digest": of.binding_digest,
        "engine_version": of.engine_version,
        "process": f"pid {of.claim.pid} on {of.claim.host}" if of.claim else None,
        "superseded_by": f"run-{of.superseded_by}" if of.superseded_by else None,
        "cancel_requested_by": of.cancel_requested_by,
        "report": f"dr-{of.report}" if of.report else None,
    }


def run_details(
    of: Run,
    *,
    commit: Commit | None,
    changes: ChangeSet | None,
    binding: Binding | None,
    approvals: Iterable[Approval],
    diagnostics: Iterable[Diagnostic],
    outputs: Plain | None,
    evidence: Evidence | None,
    steps: Iterable[Step],
) -> Plain:
    return {
        **run(of),
        "commit": commit
        and {
            "subject": commit.subject,
            "author": commit.author,
            "at": rfc3339(commit.at),
            "signed_by": commit.signed_by or None,
        },
        "binding": json.loads(binding.document()) if binding else None,
        "approvals": [approval(one) for one in approvals],
        "diagnostics": [diagnostic(one) for one in diagnostics],
        "changes": change_set(changes) if changes else None,
        "outputs": outputs,
        "evidence": evidence and to_plain(evidence),
        "steps": [to_plain(one) for one in steps],
    }


def approval(of: Approval) -> Plain:
    return {
        "by": of.person.name,
        "known_by": of.person.known_by,
        "at": rfc3339(of.at),
        "plan_digest": of.plan_digest,
        "fingerprint": of.fingerprint,
        "binding_digest": of.binding_digest,
        "accepted": list(of.accepted),
        "comment": of.comment,
    }


def diagnostic(of: Diagnostic) -> Plain:
    return {
        "severity": of.severity,
        "summary": of.summary,
        "detail": of.detail,
        "file": of.file,
        "line": of.line,
        "address": of.address,
    }


def change_set(of: ChangeSet) -> Plain:
    return {
        "summary": summary(of.summary),
        "complete": of.complete,
        "moving": list(of.moving),
        "resources": [resource(one) for one in of.resources],
        "outputs": [_output(one) for one in of.outputs],
        **apply_document(of),
    }


def resource(of: ResourceChange) -> Plain:
    return {
        "address": of.address,
        "type": of.type,
        "action": of.action.value,
        "attributes": [attribute_document(one) for one in of.attributes],
        "previous_address": of.previous_address,
        "importing": of.importing,
        "deposed": of.deposed,
        "action_reason": of.action_reason,
    }


def ignored(of: IgnoredChange) -> Plain:
    return {
        "address": of.address,
        "action": of.action.value,
        "attributes": list(of.attributes),
        "reason": of.reason,
    }


def _output(of: OutputChange) -> Plain:
    return {
        "name": of.name,
        "action": of.action.value,
        "before": of.before,
        "after": of.after,
        "sensitive": of.sensitive,
        "unknown": of.unknown,
    }


def lock(of: Lock) -> Plain:
    return {
        "stack": of.stack,
        "holder": of.holder,
        "reason": of.reason,
        "since": rfc3339(of.since),
        "process": of.process,
        "run": f"run-{of.run}" if of.run else None,
    }


def sweep(of: Sweep, slots: int) -> Plain:
    left = remaining(of, slots)
    return {
        "total": of.total,
        "done": of.done,
        "drifted": of.drifted,
        "errors": of.errors,
        "seconds_left": None if left is None else round(left.total_seconds()),
    }


def throttle(of: Throttle) -> Plain:
    return {
        "account": of.account,
        "at_most": of.at_most,
        "since": rfc3339(of.since),
        "until": rfc3339(of.until),
        "reason": of.reason,
    }


def problem(of: Problem) -> Plain:
    return {"file": of.file, "line": of.line, "column": of.column, "message": of.message, "stack": of.stack}


def source(of: SourceStatus) -> Plain:
    return {
        "name": of.name,
        "revision": of.head,
        "polled_at": rfc3339(of.polled_at),
        "moved_at": rfc3339(of.moved_at),
        "problem": of.problem,
        "refused": of.refused,
        "problems": list(of.problems),
        "notes": list(of.notes),
        "rewritten_from": of.rewritten_from,
        "rewritten_at": rfc3339(of.rewritten_at),
    }
