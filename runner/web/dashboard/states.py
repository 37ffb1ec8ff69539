"""How each state looks: a symbol, a word and a tone. Never a colour alone."""

from collections.abc import Mapping
from enum import Enum

from runner.model.drift.report import DriftClass, ReportStatus
from runner.model.run.life import State
from runner.model.stack.definition import DriftStatus, Health, Sync
from runner.model.values.frozen import dataclass
from runner.model.work.worker import WorkerStatus
from runner.view.graph import Overall
from runner.view.signs import is_new


@dataclass(frozen=True)
class Look:
    """`icon` is the name of one in `icons.py`, `tone` that of a class in `static/style.css`."""

    icon: str
    tone: str
    word: str


# By kind, since `unknown` of one kind equals that of another.
LOOKS: Mapping[type[Enum], Mapping[Enum, Look]] = {
    Sync: {
        Sync.SYNCED: Look("check", "ok", "synced"),
        Sync.PENDING: Look("ahead", "wait", "pending"),
        Sync.UNKNOWN: Look("dashed", "idle", "unknown"),
    },
    DriftStatus: {
        DriftStatus.CLEAN: Look("check", "ok", "clean"),
        DriftStatus.DRIFTED: Look("drift", "drift", "drifted"),
        DriftStatus.ERROR: Look("cross", "fail", "check failed"),
        DriftStatus.UNKNOWN: Look("dashed", "idle", "not checked"),
    },
    Health: {
        Health.OK: Look("check", "ok", "ok"),
        Health.ERROR: Look("cross", "fail", "error"),
        Health.LOCKED: Look("lock", "wait", "locked"),
        Health.PAUSED: Look("pause", "idle", "paused"),
    },
    State: {
        State.QUEUED: Look("dashed", "idle", "queued"),
        State.PLANNING: Look("spin", "run", "planning"),
        State.AWAITING_APPROVAL: Look("hand", "wait", "waits for approval"),
        State.APPROVED: Look("thumb", "run", "approved"),
        State.APPLYING: Look("spin", "run", "applying"),
        State.NO_CHANGES: Look("equal", "idle", "no changes"),
        State.DRIFTED: Look("drift", "drift", "drifted"),
        State.PLANNED: Look("check", "ok", "planned"),
        State.APPLIED: Look("check", "ok", "applied"),
        State.REJECTED: Look("slash", "idle", "rejected"),
        State.CANCELED: Look("slash", "idle", "canceled"),
        State.SUPERSEDED: Look("skip", "idle", "superseded"),
        State.PLAN_FAILED: Look("cross", "fail", "plan failed"),
        State.APPLY_FAILED: Look("cross", "fail", "apply failed"),
        State.INTERRUPTED: Look("bolt", "fail", "interrupted"),
    },
    ReportStatus: {
        ReportStatus.OPEN: Look("drift", "drift", "open"),
        ReportStatus.ACKNOWLEDGED: Look("pause", "idle", "acknowledged"),
        ReportStatus.RESOLVED: Look("check", "ok", "resolved"),
    },
    Overall: {
        Overall.MISSING: Look("warn", "fail", "no such stack"),
        Overall.ERROR: Look("cross", "fail", "error"),
        Overall.LOCKED: Look("lock", "wait", "locked"),
        Overall.DRIFTED: Look("drift", "drift", "drifted"),
        Overall.PAUSED: Look("pause", "idle", "paused"),
        Overall.NEW: Look("dashed", "idle", "new"),
        Overall.PENDING: Look("ahead", "wait", "pending"),
        Overall.OK: Look("check", "ok", "ok"),
    },
    WorkerStatus: {
        WorkerStatus.READY: Look("check", "ok", "ready"),
        WorkerStatus.STOPPING: Look("pause", "idle", "stopping"),
        WorkerStatus.STOPPED: Look("slash", "idle", "stopped"),
        WorkerStatus.SILENT: Look("warn", "fail", "silent"),
    },
    DriftClass: {
        DriftClass.DRIFT: Look("drift", "drift", "changed"),
        DriftClass.MISSING: Look("cross", "fail", "gone"),
        DriftClass.ABSORBED: Look("equal", "idle", "absorbed"),
        DriftClass.OUTPUT_ONLY: Look("equal", "idle", "output only"),
        DriftClass.IGNORED: Look("slash", "idle", "ignored"),
        DriftClass.CONTEXT: Look("equal", "idle", "context"),
        DriftClass.UPSTREAM: Look("equal", "idle", "upstream"),
        DriftClass.PARTIAL: Look("equal", "idle", "partly applied"),
    },
}


def of_sync(of: Sync, applied: str | None) -> Look:
    return LOOKS[Overall][Overall.NEW] if is_new(of, applied) else of_state(of)


def of_state(state: Enum) -> Look:
    return LOOKS[type(state)][state]
