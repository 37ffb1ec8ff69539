"""An apply: started through the shim, followed to its end, and judged by its files."""

import hashlib
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event

from runner import failpoint
from runner.engine.evidence import evidence
from runner.engine.failure import bad_end
from runner.engine.json_output import JsonOutput
from runner.engine.session import Session
from runner.engine.state.after_apply import doubts, left_lock
from runner.engine.state.lock import Looking, Witness
from runner.engine.state.mark import state_of
from runner.engine.state.salvage import how_to_save, salvage
from runner.errors import EngineFailed
from runner.host.files import write_whole
from runner.model.changes.changes import Diagnostic
from runner.model.run.apply_end import Expected
from runner.ports.engine import Applied, ApplyEnd, EngineError, NotBegun, StillApplying
from runner.process.detached import Ended, Files, Left, Seen, adopted, follow, launched
from runner.process.run import Finished, Stopped

NAME = "apply"
SPENT = "this plan was handed to terraform before"
NOTES = "apply.json"


def begin(
    session: Session, argv: tuple[str, ...], plan_file: Path, digest: str, looking: Looking
) -> ApplyEnd:
    """Start it and follow it. EngineFailed only if it was not started; StillApplying if it was left running."""
    execution = session.execution
    files = _files(session, digest)
    facts = {"run": execution.run, "stack": execution.stack.name, "digest": digest}
    # For finding out later what it changed.
    notes = {
        **_made_on(session, plan_file),
        "began": execution.claim.claim.since.isoformat() if execution.claim else None,
    }
    write_whole(session.control / NOTES, json.dumps(notes).encode())
    output = session.output()
    session.restore(made=True)
    session.open_journal(NAME)
    with ExitStack() as stack:
        try:
            ended = stack.enter_context(
                launched(session.command(NAME, argv), files, facts, _running(session), _kept(session))
            )
        except (OSError, ValueError) as error:
            raise EngineFailed(
                f'stack "{execution.stack.name}": {session.row.name} apply could not be started: {error}',
                hint="driftline doctor",
            ) from error
        failpoint.reach("spawn.after_fork")
        if execution.claim is not None:
            execution.claim.hand_over()
        return _see_through(session, files, ended, output, looking)


def adopt(session: Session, digest: str, looking: Looking) -> ApplyEnd:
    """The same for an apply that another process started, whether it still runs or ended long ago."""
    output = session.output()
    session.resume_journal(NAME)
    return _see_through(session, _files(session, digest), adopted(_running(session)), output, looking)


def _see_through(
    session: Session, files: Files, ended: Ended, output: JsonOutput, looking: Looking
) -> ApplyEnd:
    """From here on it may be running: a failure on our side must not be mistaken for its end."""
    execution = session.execution
    running = _running(session)
    witness = Witness(session, looking, lambda: running() and not files.result.exists())

    def on_line(line: str) -> None:
        session.journal.write(output.feed(line))
        witness.notice(output)

    try:
        seen = follow(
            files,
            ended,
            cancel=execution.cancel,
            leave=execution.leave or Event(),
            on_line=on_line,
        )
    except (Left, OSError) as error:
        return StillApplying(str(error) or "this process has stopped following it")
    finally:
        witness.close()
    if not seen.begun:
        refused = seen.result.refused if seen.result else "the process that was to start it died before"
        return NotBegun(refused, spent=refused == SPENT)
    session.journal.write(session.stderr(NAME).splitlines())
    return _judge(session, seen, output, looking)


def _judge(session: Session, seen: Seen, output: JsonOutput, looking: Looking) -> Applied | EngineError:
    result = seen.result
    exit_code = None if result is None else result.exit_code
    notes = _notes(session)
    doubt = doubts(session, notes, output, looking, complete=seen.complete) if exit_code == 0 else ""
    if exit_code == 1 and output.counts is not None:
        doubt = f"{session.row.name} reported a completed apply, but exited with code 1"
    if exit_code == 0 and not doubt:
        diagnostics = (*output.diagnostics, *left_lock(session))
        whole = session.journal.complete and seen.complete
        return Applied(output.outputs, whole, diagnostics, tuple(output.failed_actions))
    saved = salvage(session, output, notes.get("lineage"))
    finished = Finished(
        exit_code=-1 if result is None else result.exit_code,
        stopped=Stopped.CANCELED if seen.asked_to_stop else None,
        complete=seen.complete,
        seconds=result.seconds if result else 0.0,
    )
    error = bad_end(session, NAME, finished, output, lost=result is None)
    error = replace(error, salvaged=saved.kept, doubt=doubt or saved.doubt)
    if exit_code == 1 and seen.complete:
        error = _with_undestroyed(error, output, session.execution.expected)
    doubted = (Diagnostic("error", doubt, session.stderr(NAME).strip()),) if doubt else error.diagnostics
    return replace(
        error,
        diagnostics=(*doubted, *(how_to_save(path, session) for path in saved.kept)),
        evidence=evidence(session, error, exit_code, notes, output, looking),
    )


def _with_undestroyed(error: EngineError, output: JsonOutput, expected: Expected | None) -> EngineError:
    """Failed destroys of replaced objects have a known end: the state still has the object."""
    undestroyed = output.undestroyed(expected.deposed if expected is not None else ())
    left = tuple(address for address in error.unfinished if address not in undestroyed)
    return replace(error, unfinished=left, undestroyed=undestroyed)


def _files(session: Session, digest: str) -> Files:
    """The receipt belongs to this stack's plan: two new stacks with equal code may have identical plans, byte for byte."""
    name = hashlib.sha256(f"{session.execution.stack.name}\0{digest}".encode()).hexdigest()
    receipt = session.execution.workspace.receipts / f"{name}.json"
    return Files(receipt, session.control)


def _running(session: Session) -> Callable[[], bool]:
    claim = session.execution.claim
    return claim.running if claim is not None else lambda: False


def _kept(session: Session) -> tuple[int, ...]:
    claim = session.execution.claim
    return () if claim is None else tuple(claim.kept)


def _made_on(session: Session, plan_file: Path) -> dict[str, object]:
    """Serial and lineage of the state that the plan was based on."""
    state = state_of(session, plan_file)
    return {} if state.serial is None else {"serial": state.serial, "lineage": state.lineage}


def _notes(session: Session) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads((session.control / NOTES).read_bytes())
    except (OSError, ValueError):
        return {}
    return found
