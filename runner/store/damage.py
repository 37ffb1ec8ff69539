"""Rows that SQLite can read and Driftline cannot: which column of which row, for the person who has to repair it."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from runner.model.approval.approval import Person
from runner.model.approval.behind import CommitsBehind
from runner.model.approval.binding import read_binding
from runner.model.approval.carried import Carried
from runner.model.changes.changes import ApplyOnly, ChangeSet, Diagnostic
from runner.model.drift.report import Contest, Finding, ReportStatus
from runner.model.execution.job import Job
from runner.model.preview.pull_request import Hold, PullState
from runner.model.run.evidence import Evidence
from runner.model.run.healed_by import HealedBy
from runner.model.run.life import Kind, State, Trigger
from runner.model.stack.definition import DriftStatus
from runner.model.state.version import Origin
from runner.model.suspects.event import TrailEvent
from runner.model.suspects.suspect import Suspicion
from runner.model.values.codec import from_plain
from runner.model.warm.compared import HowPlanned
from runner.model.warm.probe import ProbeRecord
from runner.model.work.lease import LeaseEnd
from runner.store.faults import UNREADABLE
from runner.store.rows import definition_of, strings_of, summary_of

Read = Callable[[str], object]


def _json_of(kind: type) -> Read:
    return lambda document: from_plain(kind, json.loads(document))


def _list_of(kind: type) -> Read:
    return lambda document: [from_plain(kind, one) for one in json.loads(document)]


def _pairs(document: str) -> object:
    return [(name, problem) for name, problem in json.loads(document)]


def _object(document: str) -> object:
    return dict(json.loads(document))


def _times(*names: str) -> dict[str, Read]:
    return dict.fromkeys(names, datetime.fromisoformat)


# By table: the column that identifies a row, and how to read each column that is more than text or a number.
_COLUMNS: Mapping[str, tuple[str, Mapping[str, Read]]] = {
    "definitions": ("digest", {"document": definition_of}),
    "stacks": (
        "name",
        {
            "drift": DriftStatus,
            **_times("checked_at", "next_check_at", "check_scheduled_at", "check_wanted_at", "missing_since"),
            **_times("pause_since", "pause_until"),
        },
    ),
    "runs": (
        "id",
        {
            "kind": Kind,
            "state": State,
            "trigger": Trigger,
            "targets": strings_of,
            "summary": summary_of,
            "healed_by": _list_of(HealedBy),
            **_times("created_at", "changed_at", "planned_at", "wait_until", "claim_since", "glass_at"),
        },
    ),
    "run_details": (
        "run",
        {
            "changes": _json_of(ChangeSet),
            "binding": read_binding,
            "diagnostics": _list_of(Diagnostic),
            "outputs": _object,
            "evidence": _json_of(Evidence),
            "how_planned": _json_of(HowPlanned),
            "behind": _json_of(CommitsBehind),
        },
    ),
    "managed_objects": ("address", {"ids": strings_of}),
    "listings": ("id", _times("started_at", "ended_at")),
    "listed_resources": ("key", _times("created_at", "first_seen")),
    "indexed_states": ("stack", _times("at")),
    "leases": ("fence", {"job": _json_of(Job), "ended": LeaseEnd, **_times("since", "heard")}),
    "offers": ("run", _times("at")),
    "workers": ("name", _times("since", "seen", "namesake")),
    "drained_pools": ("pool", _times("at")),
    "cloud_events": (
        "id",
        {**_times("at", "received_at"), "stacks": strings_of, "event": _json_of(TrailEvent)},
    ),
    "event_queues": ("url", _times("since", "received_at")),
    "throttles": ("account", _times("since", "until")),
    "approvals": ("run", {"accepted": strings_of, "also": strings_of, **_times("at")}),
    "declarations": ("id", _times("seen_at")),
    "reviews": ("stack", _times("at")),
    "rewritten": ("revision", _times("at")),
    "seen_states": ("stack", _times("at")),
    "successions": ("new", _times("said_at")),
    "probes": ("stack", {"record": _json_of(ProbeRecord)}),
    "compared": ("checksum", {"types": strings_of, **_times("at")}),
    "distrusted": ("checksum", _times("at")),
    "commits": ("revision", {"co_authors": strings_of, **_times("at")}),
    "holds": ("stack", _times("since")),
    "reports": (
        "id",
        {
            "status": ReportStatus,
            "findings": _list_of(Finding),
            "apply_only": _json_of(ApplyOnly),
            "contest": _json_of(Contest),
            **_times("first_seen", "last_seen", "acknowledged_at", "acknowledged_until", "resolved_at"),
        },
    ),
    "suspicions": ("report", {"suspicion": _json_of(Suspicion), **_times("next_look")}),
    "sources": (
        "name",
        {
            "problems": strings_of,
            "newcomers": _pairs,
            "notes": strings_of,
            **_times("polled_at", "moved_at", "rewritten_at"),
        },
    ),
    "pull_requests": (
        "source || '#' || number",
        {"state": PullState, "hold": Hold, "problems": strings_of, **_times("seen_at", "changed_at")},
    ),
    "carried_reviews": ("run", {"carried": _json_of(Carried)}),
    "forge_reads": ("source", _times("since")),
    "forge_commands": ("comment", _times("at")),
    "audit": ("seq", {"detail": _object, **_times("at")}),
    "outbox": ("id", {"payload": _object, **_times("at")}),
    "consumers": ("name", {"sent": strings_of, **_times("next_try", "last_sent", "failing_since")}),
    "dead_letters": ("id", {"payload": _object, **_times("at", "since")}),
    "tokens": ("name", _times("created_at", "expires_at", "revoked_at", "used_at")),
    "sessions": (
        "name",
        {"subjects": strings_of, **_times("created_at", "expires_at", "seen_at", "ended_at")},
    ),
    "state_versions": ("folder", {"origin": Origin, **_times("at")}),
    "served_locks": ("folder", {"info": _object, **_times("since")}),
    "state_tokens": ("run", _times("expires_at")),
    "login_codes": ("name", {"subjects": strings_of, **_times("expires_at")}),
    "keyed_requests": ("key", _times("begun_at")),
    "daemon_requests": (
        "id",
        {
            "arguments": _object,
            "person": _json_of(Person),
            "subjects": strings_of,
            "answer": json.loads,
            "error": _object,
            **_times("at", "taken_at", "answered_at"),
        },
    ),
}


def damages(connection: sqlite3.Connection) -> Iterator[str]:
    """Every unreadable value, as a sentence; without the value if it is a document."""
    for table, (key, columns) in _COLUMNS.items():
        names = ", ".join(columns)
        for row in connection.execute(f"SELECT {key} AS named, {names} FROM {table}"):  # noqa: S608 - the table above
            for column, read in columns.items():
                problem = _problem(row[column], read)
                if problem is not None:
                    yield f"column {column} of row {row['named']} in table {table} cannot be read: {problem}"


def _problem(value: Any, read: Read) -> str | None:
    """A column without a value reads as none."""
    if value is None:
        return None
    try:
        read(value)
    except UNREADABLE as error:
        return " ".join(f"{error}".split())[:200] or type(error).__name__
    return None
