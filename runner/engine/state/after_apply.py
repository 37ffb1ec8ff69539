"""The state as an apply left it, and whether it agrees with exit code 0."""

from collections.abc import Mapping
from pathlib import Path

from runner.engine.json_output import JsonOutput
from runner.engine.session import Session
from runner.engine.state.lock import Looking, remote_mark
from runner.engine.state.mark import saved_state
from runner.errors import DriftlineError
from runner.model.changes.changes import Diagnostic
from runner.model.run.apply_end import Reported, StateMark, doubt

LOCK_FILE = ".{}.lock.info"


def doubts(
    session: Session, notes: Mapping[str, object], output: JsonOutput, looking: Looking, *, complete: bool
) -> str:
    """Why exit code 0 is not believed; empty if log and state agree with it."""
    reported = Reported(output.counts, output.completed, output.unfinished, cut=not complete)
    before, expected = _before(notes), session.execution.expected
    if found := doubt(session.row.name, reported, expected, before, None):
        return found
    return doubt(session.row.name, reported, expected, before, _after(session, looking))


def left_lock(session: Session) -> tuple[Diagnostic, ...]:
    """A lock file beside the managed state, although no apply is running."""
    if session.state is None:
        return ()
    path = session.state.with_name(LOCK_FILE.format(session.state.name))
    if not path.is_symlink() and not path.exists():
        return ()
    detail = f"Nothing holds it, so terraform ignores it. Remove it with: rm {path}"
    return (Diagnostic("warning", f"A lock file was left next to the state: {path}", detail),)


def managed_mark(session: Session, state: Path) -> StateMark:
    found = saved_state(session, state)
    return StateMark(None) if found is None else StateMark(found.serial, found.lineage)


def _before(notes: Mapping[str, object]) -> StateMark | None:
    serial = notes.get("serial")
    return StateMark(serial, str(notes.get("lineage") or "")) if isinstance(serial, int) else None


def _after(session: Session, looking: Looking) -> StateMark | None:
    """None if a backend does not say."""
    if session.state is not None:
        return managed_mark(session, session.state)
    try:
        own = looking()
        return None if own is None else remote_mark(own)
    except (OSError, ValueError, DriftlineError):
        return None
