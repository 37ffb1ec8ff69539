"""Rows <-> stacks and runs. Columns are named like the fields, unless one value needs several columns."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from runner.model.changes.changes import Summary
from runner.model.changes.warnings import FailingCheck
from runner.model.outputs.remote import RemoteRead
from runner.model.outputs.taken import Mark
from runner.model.run.healed_by import HealedBy
from runner.model.run.life import BreakGlass, Claim, Kind, Run, State, Trigger
from runner.model.stack.definition import (
    Discovered,
    DriftStatus,
    Pause,
    Stack,
    StackDefinition,
    StateIdentity,
    definition_of_json,
)
from runner.model.stack.engine_wants import ANY, EngineWants
from runner.model.values.codec import from_plain, to_plain

Value = str | int | None


def text(at: datetime) -> str:
    """RFC 3339 in UTC, of fixed length, so that texts sort like times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def text_or_none(at: datetime | None) -> str | None:
    return None if at is None else text(at)


def time_or_none(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(stored)


Columns = tuple[str, ...]
Values = tuple[Value, ...]
# Lists read thousands of rows, most of which are as they were the last time. At most 16 MB.
kept = lru_cache(maxsize=1 << 12)
_SHORT = 1 << 14  # characters; of the values that they become, 512 are a few megabytes
T = TypeVar("T")


def kept_if_short(read: Callable[[str], T]) -> Callable[[str], T]:
    """Reads a document once as long as it is asked for. Of long ones, which may be many megabytes, only the last is kept."""
    short, long = lru_cache(maxsize=1 << 9)(read), lru_cache(maxsize=1)(read)
    return lambda document: (short if len(document) <= _SHORT else long)(document)


# `json.dumps` would make another one for each value.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def compact(value: Any) -> str:
    """Canonical JSON."""
    return _CANONICAL.encode(value)


# Stacks


@lru_cache(maxsize=1 << 16)
def definition_of(document: str) -> StackDefinition:
    """Cached: frozen values, read for every list of stacks, and written only once."""
    return definition_of_json(document)


def discovered_row(stack: Discovered, problem: str | None) -> dict[str, Value]:
    return {
        "name": stack.definition.name,
        "source": stack.source,
        "file": stack.file,
        "module_path": stack.module_path,
        "definition": stack.definition.digest,
        "revision": stack.revision,
        "inputs": stack.inputs,
        "identity": stack.identity.digest,
        "identity_backend": stack.identity.backend,
        "identity_address": stack.identity.address,
        "identity_workspace": stack.identity.workspace,
        "managed_state": stack.managed_state,
        "home": stack.home,
        "content": stack.content,
        "left_how": None,
        "renamed_to": None,
        "unknown_inputs": compact(stack.unknown_inputs),
        "remote_reads": plain_row(stack.remote_reads),
        "uses_outputs": bool(stack.remote_reads or stack.definition.takes),
        "engine_wants": "" if stack.wants == ANY else compact(to_plain(stack.wants)),
        "missing_since": None,
        "problem": problem,
    }


def pause_row(pause: Pause | None) -> dict[str, Value]:
    return {
        "pause_by": pause.by if pause else None,
        "pause_reason": pause.reason if pause else None,
        "pause_since": text(pause.since) if pause else None,
        "pause_until": text_or_none(pause.until) if pause else None,
    }


def stack_of(row: sqlite3.Row) -> Stack:
    """With the documents of its definitions; `applied_document` is that of the applied one, if it is another."""
    return _stack(tuple(row.keys()), tuple(row))


@kept
def _stack(columns: Columns, values: Values) -> Stack:
    row: dict[str, Any] = dict(zip(columns, values, strict=True))
    definition = definition_of(row["document"])
    applied = None
    if row["applied_definition"] is not None:
        applied = definition_of(row["applied_document"]) if row["applied_document"] else definition
    return Stack(
        name=row["name"],
        source=row["source"],
        file=row["file"],
        module_path=row["module_path"],
        definition=definition,
        revision=row["revision"],
        inputs=row["inputs"],
        identity=StateIdentity(row["identity_backend"], row["identity_address"], row["identity_workspace"]),
        managed_state=bool(row["managed_state"]),
        applied_revision=row["applied_revision"],
        applied_inputs=row["applied_inputs"],
        applied_definition=applied,
        applied_module_path=row["applied_module_path"],
        applied_file=row["applied_file"],
        planned_inputs=row["planned_inputs"],
        drift=DriftStatus(row["drift"]),
        drift_reason=row["drift_reason"],
        checked_at=time_or_none(row["checked_at"]),
        check_failures=row["check_failures"],
        next_check_at=time_or_none(row["next_check_at"]),
        check_scheduled_at=time_or_none(row["check_scheduled_at"]),
        check_wanted_at=time_or_none(row["check_wanted_at"]),
        check_wanted_for=row["check_wanted_for"],
        pause=_pause_of(row),
        missing_since=time_or_none(row["missing_since"]),
        unknown_inputs=strings_of(row["unknown_inputs"]),
        failing_checks=_failing_checks(row["failing_checks"]),
        problem=row["problem"],
        pinned_identity=row["pinned_identity"],
        home=row["home"],
        content=row["content"],
        left=row["left_how"],
        renamed_to=row["renamed_to"],
        remote_reads=_remote_reads(row["remote_reads"]),
        applied_outputs=marks_of(row["applied_outputs"]),
        wants=_wants(row["engine_wants"]),
        applied_wants=_wants(row["applied_engine_wants"]),
        no_engine=row["no_engine"],
    )


def plain_row(values: Sequence[Any]) -> str:
    """A list of dataclasses."""
    return compact(to_plain(tuple(values))) if values else "[]"


@lru_cache(maxsize=1 << 14)
def marks_of(document: str) -> tuple[Mark, ...]:
    return from_plain(tuple[Mark, ...], json.loads(document))


@lru_cache(maxsize=1 << 14)
def _remote_reads(document: str) -> tuple[RemoteRead, ...]:
    return from_plain(tuple[RemoteRead, ...], json.loads(document))


@lru_cache(maxsize=1024)
def _wants(document: str | None) -> EngineWants:
    return from_plain(EngineWants, json.loads(document)) if document else ANY


@lru_cache(maxsize=1024)
def _failing_checks(document: str) -> tuple[FailingCheck, ...]:
    return tuple(
        FailingCheck(one["address"], one["message"], datetime.fromisoformat(one["since"]))
        for one in json.loads(document)
    )


def failing_checks_row(checks: Iterable[FailingCheck]) -> dict[str, Value]:
    document = [{"address": one.address, "message": one.message, "since": text(one.since)} for one in checks]
    return {"failing_checks": compact(document)}


def _pause_of(row: Mapping[str, Any]) -> Pause | None:
    if row["pause_by"] is None:
        return None
    since = datetime.fromisoformat(row["pause_since"])
    return Pause(row["pause_by"], row["pause_reason"], since, time_or_none(row["pause_until"]))


# Runs


def run_row(run: Run) -> dict[str, Value]:
    """Every column of a run; `id` and `identity` never change."""
    claim = run.claim
    return {
        "stack": run.stack,
        "source": run.source,
        "kind": run.kind,
        "state": run.state,
        "final": run.final,
        "version": run.version,
        "revision": run.revision,
        "inputs": run.inputs,
        "definition": run.definition,
        "trigger": run.trigger,
        "requested_by": run.requested_by,
        "created_at": text(run.created_at),
        "changed_at": text(run.changed_at),
        "reason": run.reason,
        "targets": compact(run.targets),
        "module_path": run.module_path,
        "file": run.file,
        "managed_state": run.managed_state,
        "summary": compact(vars(run.summary)),
        "plan_digest": run.plan_digest,
        "fingerprint": run.fingerprint,
        "binding_digest": run.binding_digest,
        "executed_digest": run.executed_digest,
        "planned_at": text_or_none(run.planned_at),
        "engine_version": run.engine_version,
        "wait_until": text_or_none(run.wait_until),
        "waits": run.waits,
        "account": run.account,
        "glass_by": run.glass.by if run.glass else None,
        "glass_known_by": run.glass.known_by if run.glass else None,
        "glass_at": text(run.glass.at) if run.glass else None,
        "glass_reason": run.glass.reason if run.glass else None,
        "claim_token": claim.token if claim else None,
        "claim_host": claim.host if claim else None,
        "claim_pid": claim.pid if claim else None,
        "claim_since": text(claim.since) if claim else None,
        "superseded_by": run.superseded_by,
        "cancel_requested_by": run.cancel_requested_by,
        "report": run.report,
        "healed_by": compact([to_plain(one) for one in run.healed_by]),
        "outputs": plain_row(run.outputs),
    }


def run_of(row: sqlite3.Row) -> Run:
    return _run(tuple(row.keys()), tuple(row))


@kept
def _run(columns: Columns, values: Values) -> Run:
    row: dict[str, Any] = dict(zip(columns, values, strict=True))
    return Run(
        id=row["id"],
        stack=row["stack"],
        source=row["source"],
        kind=Kind(row["kind"]),
        state=State(row["state"]),
        version=row["version"],
        revision=row["revision"],
        inputs=row["inputs"],
        definition=row["definition"],
        trigger=Trigger(row["trigger"]),
        requested_by=row["requested_by"],
        created_at=datetime.fromisoformat(row["created_at"]),
        changed_at=datetime.fromisoformat(row["changed_at"]),
        reason=row["reason"],
        targets=strings_of(row["targets"]),
        module_path=row["module_path"],
        file=row["file"],
        managed_state=bool(row["managed_state"]),
        summary=summary_of(row["summary"]),
        plan_digest=row["plan_digest"],
        fingerprint=row["fingerprint"],
        binding_digest=row["binding_digest"],
        executed_digest=row["executed_digest"],
        planned_at=time_or_none(row["planned_at"]),
        engine_version=row["engine_version"],
        claim=_claim_of(row),
        superseded_by=row["superseded_by"],
        cancel_requested_by=row["cancel_requested_by"],
        report=row["report"],
        identity=row["identity"],
        wait_until=time_or_none(row["wait_until"]),
        waits=row["waits"],
        account=row["account"],
        glass=_glass_of(row),
        healed_by=_healed_by(row["healed_by"]),
        outputs=marks_of(row["outputs"]),
    )


# Most runs share a few texts, and a list of stacks reads thousands of runs.
@lru_cache(maxsize=1024)
def summary_of(document: str) -> Summary:
    return Summary(**json.loads(document))


@lru_cache(maxsize=1024)
def strings_of(document: str) -> tuple[str, ...]:
    return tuple(json.loads(document))


def _glass_of(row: Mapping[str, Any]) -> BreakGlass | None:
    if row["glass_by"] is None:
        return None
    at = datetime.fromisoformat(row["glass_at"])
    return BreakGlass(row["glass_by"], row["glass_known_by"], at, row["glass_reason"])


@lru_cache(maxsize=1024)
def _healed_by(document: str) -> tuple[HealedBy, ...]:
    return tuple(from_plain(HealedBy, one) for one in json.loads(document))


def _claim_of(row: Mapping[str, Any]) -> Claim | None:
    if row["claim_token"] is None:
        return None
    since = datetime.fromisoformat(row["claim_since"])
    return Claim(row["claim_token"], row["claim_host"], row["claim_pid"], since)
