"""Failed commands: every error states its cause, and what the sandbox had to do with it."""

from collections.abc import Iterable

from runner.engine.json_output import GAVE_UP, STALE, STATE_LOCKED, JsonOutput
from runner.engine.other_lock import other_lock_file
from runner.engine.session import Session
from runner.model.changes.changes import Diagnostic, first_error
from runner.model.changes.diagnostic_text import diagnostic_rows
from runner.model.sandbox.denial import denials
from runner.model.values.span import Seconds
from runner.ports.engine import EngineError
from runner.process.run import Finished, Stopped

CONFINED = "This run is confined (docs/hardening.md)"


def bad_end(
    session: Session,
    name: str,
    finished: Finished,
    output: JsonOutput,
    deadline: float | None = None,
    *,
    lost: bool = False,
) -> EngineError:
    """Always with a diagnostic. `lost`: its end was not observed, so there is no exit code."""
    stopped = _stopped(_called(session, name), finished, deadline)
    locked = other_lock_file(session, output.diagnostics) if name == "init" else []
    diagnostics = [*locked, *output.diagnostics, *stopped, *session.given.warnings]
    if first_error(diagnostics) is None:
        diagnostics.append(_silent(session, name, None if lost else finished))
    denied = _denied(session, name, diagnostics)
    return EngineError(
        command=name,
        exit_code=finished.exit_code,
        diagnostics=(*diagnostics, *denied),
        tail="\n".join(session.journal.tail),
        signal=None if lost else finished.signal,
        lost=lost,
        timed_out=finished.stopped is Stopped.DEADLINE,
        canceled=finished.stopped is Stopped.CANCELED,
        stale=output.says(STALE),
        unfinished=output.unfinished,
        begun=output.begun,
        state_locked=output.says(STATE_LOCKED),
        lock=output.lock,
        gave_up=output.says(GAVE_UP),
        failed_actions=tuple(output.failed_actions),
        denied=denied[0].detail.split("\n", maxsplit=1)[0] if denied else "",
    )


def _called(session: Session, name: str) -> str:
    """A probe is not an engine command that a person could run."""
    return "a probe" if name == "probe" else f"{session.row.name} {name}"


def _stopped(called: str, finished: Finished, deadline: float | None) -> list[Diagnostic]:
    match finished.stopped:
        case Stopped.DEADLINE:
            message = f"{called} took longer than {Seconds(deadline or 0)} and was stopped"
        case Stopped.BABBLED:
            message = f"{called} wrote too much output and was stopped"
        case _:
            return []
    return [Diagnostic("error", message)]


def _silent(session: Session, name: str, finished: Finished | None) -> Diagnostic:
    """For a command that printed no error itself."""
    called = _called(session, name)
    if finished is None:
        message = f"the outcome of {called} is unknown"
    else:
        how = f"signal {finished.signal}" if finished.signal else f"exit code {finished.exit_code}"
        message = f"{called} ended with {how}"
    return Diagnostic("error", message, session.stderr(name).strip())


def _denied(session: Session, name: str, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What the sandbox denied it, also written to the log."""
    if session.sandbox is None or (seen := session.confinement(name)) is None:
        return []
    texts = [text for one in diagnostics if one.severity == "error" for text in (one.summary, one.detail)]
    around = session.sandbox.around_failed(session.execution.workspace, seen)
    sentences = denials([*texts, session.stderr(name)], around)
    if not sentences:
        return []
    diagnostic = Diagnostic("warning", CONFINED, "\n".join(sentences))
    session.journal.write(diagnostic_rows(diagnostic))
    return [diagnostic]
