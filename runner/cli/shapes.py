"""The JSON that outsiders rely on: plain data from values, pure. A test holds the shapes; more fields may follow."""

import json
from collections.abc import Iterable
from typing import Any

from runner.model.approval.approval import Approval, Commit
from runner.model.approval.binding import Binding
from runner.model.changes.changes import (
    ChangeSet,
    Diagnostic,
    OutputChange,
    ResourceChange,
    Summary,
)
from runner.model.drift.ignored import IgnoredChange
from runner.model.evaluated.document import apply_document, attribute_document
from runner.model.plan.step import Step
from runner.model.run.evidence import Evidence
from runner.model.run.life import Run
from runner.model.values.codec import to_plain
from runner.view.when import rfc3339

Plain = dict[str, Any]


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
