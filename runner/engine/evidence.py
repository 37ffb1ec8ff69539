"""What can be found out about an apply with an unclear end, without changing anything."""

import socket
from collections.abc import Mapping
from datetime import UTC, datetime

from runner.engine.json_output import UNRELEASED, JsonOutput
from runner.engine.session import Session
from runner.engine.state.after_apply import managed_mark
from runner.engine.state.lock import Looking, backend_of, held_by, remote_mark, witnessed
from runner.errors import DriftlineError
from runner.model.run.evidence import LOG_LINES, Evidence, left_by
from runner.model.stack.lock import StateLock
from runner.ports.engine import EngineError


def evidence(
    session: Session,
    error: EngineError,
    exit_code: int | None,
    notes: Mapping[str, object],
    output: JsonOutput,
    looking: Looking,
) -> Evidence:
    before = notes.get("serial")
    wanted = error.unclear or output.says(UNRELEASED)
    lock, serial = _remote(session, looking) if wanted else (None, None)
    return Evidence(
        unfinished=error.unfinished,
        log=tuple(session.journal.tail)[-LOG_LINES:],
        serial_before=before if isinstance(before, int) else None,
        serial_after=serial if serial is not None else _managed(session),
        lock=lock,
        lock_is_ours=lock is not None and _ours(session, lock, notes, output),
        salvaged=tuple(str(path) for path in error.salvaged),
        exit_code=exit_code,
    )


def _managed(session: Session) -> int | None:
    return None if session.state is None else managed_mark(session, session.state).serial


def _remote(session: Session, looking: Looking) -> tuple[StateLock | None, int | None]:
    """The lock and the serial in the backend now; a failure here does not affect the result of the apply."""
    try:
        if backend_of(session) is None or (own := looking()) is None:
            return None, None
        lock = held_by(own)
        mark = remote_mark(own)
        return lock if isinstance(lock, StateLock) else None, None if mark is None else mark.serial
    except (OSError, ValueError, DriftlineError):
        return None, None


def _ours(session: Session, lock: StateLock, notes: Mapping[str, object], output: JsonOutput) -> bool:
    """Whether this apply was seen holding the lock; otherwise, whether the lock matches it."""
    seen = witnessed(session)
    if seen is not None:
        return lock.id == seen
    try:
        began = datetime.fromisoformat(str(notes.get("began")))
    except ValueError:
        return False
    # An operation starts only under the lock: a lock taken later belongs to somebody else.
    return left_by(lock, socket.gethostname(), began, output.first_operation or datetime.now(UTC))
