"""Who holds the lock of a state in a remote backend, found out without changing the state.

The lock of a local state dies with its process. One in a remote backend remains when terraform is killed, and
only a person may release it: so its owner has to be known.
"""

import json
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from signal import SIGINT, SIGKILL

from runner.engine.argv import force_unlock_argv, state_pull_argv, try_lock_argv
from runner.engine.failure import bad_end
from runner.engine.json_output import STATE_LOCKED, JsonOutput
from runner.engine.lock_info import read_lock
from runner.engine.session import Session
from runner.engine.state.mark import saved_state
from runner.errors import Conflict
from runner.host.files import read_foreign, write_whole
from runner.model.run.apply_end import StateMark
from runner.model.stack.lock import StateLock
from runner.ports.engine import EngineError
from runner.process.run import KILL, Finished, Step, run

Looking = Callable[[], Session | None]

SECONDS = 10.0  # per request
# It may hold the lock briefly: time to release it.
LOOK_STOP = (Step(SIGINT, 2.0), Step(SIGKILL, None))
NO_STATE = "No state file was found"
WITNESSED = "lock.json"
LARGEST_WITNESSED = 1 << 16
_EMPTY = 64  # bytes: pulling no state prints at most a newline
# Backends whose error does not name the lock's holder.
SECRETIVE = frozenset({"http"})
JUST_NOW = timedelta(seconds=5)
_LOCK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/=+@-]{0,255}")


def backend_of(session: Session) -> str | None:
    """The type of the backend that `init` recorded; None if the state is a local file."""
    if session.state is not None or session.seal is None:
        return None
    kind = session.seal.manifest.backend
    return None if kind == "local" else kind


def held_by(session: Session) -> StateLock | EngineError | None:
    """The lock on the state now; None if unlocked, as a file without a running process always is."""
    if backend_of(session) is None:
        return None
    # A name that no state contains.
    address = f"terraform_data.none_{secrets.token_hex(8)}"
    finished = _quiet(
        session,
        "state-rm",
        lambda own: try_lock_argv(own.binary, address, own.values_for("state rm")),
        LOOK_STOP,
    )
    said = session.stderr("state-rm")
    if any(summary in said for summary in STATE_LOCKED) and (lock := read_lock(said)) is not None:
        return lock
    if finished.exit_code == 0 or NO_STATE in said:
        return None
    return bad_end(session, "state-rm", finished, session.output(), SECONDS)


def remote_mark(session: Session) -> StateMark | None:
    """The state's current lineage and serial; its content, secrets included, is deleted before this returns."""
    pulled = session.control / "state-pull.jsonl"
    try:
        finished = _quiet(
            session,
            "state-pull",
            lambda own: state_pull_argv(own.binary, own.values_for("state pull")),
            (KILL,),
        )
        if finished.exit_code == 0 and pulled.stat().st_size <= _EMPTY and not pulled.read_bytes().strip():
            return StateMark(None)
        saved = saved_state(session, pulled)
        return None if saved is None or saved.serial is None else StateMark(saved.serial, saved.lineage)
    except (OSError, ValueError):
        return None
    finally:
        pulled.unlink(missing_ok=True)


def force_unlock(session: Session, lock_id: str) -> EngineError | None:
    """Release exactly this lock; Conflict if another one is there.

    Checked right before, since the http backend releases any lock: its client sends no id.
    """
    if _LOCK_ID.fullmatch(lock_id) is None:
        raise Conflict(f"{lock_id!r} is not a lock id", hint="driftline lock list")
    there = held_by(session)
    if isinstance(there, EngineError):
        return there
    if there is None or there.id != lock_id:
        raise Conflict(f"the state is no longer locked with {lock_id}", hint="driftline lock list")
    with session.looking() as own:
        argv = force_unlock_argv(own.binary, lock_id, own.values_for("force-unlock"))
        finished, output = own.run("force-unlock", argv, deadline=SECONDS, shows_text=True)
    return None if finished.exit_code == 0 else bad_end(session, "force-unlock", finished, output, SECONDS)


class Witness:
    """Records the id of our own lock while our apply holds it, if its backend would not show it later.

    It cannot be somebody else's: an operation ran a moment before, terraform still runs afterwards, and the
    backend allows only one holder.
    """

    def __init__(self, session: Session, looking: Looking, running: Callable[[], bool]) -> None:
        self.session = session
        self.looking = looking
        self.running = running
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._needed = (
            backend_of(session) in SECRETIVE
            and witnessed(session) is None
            and session.execution.claim is not None
        )

    def notice(self, output: JsonOutput) -> None:
        """Read once, right after an operation has started or progressed."""
        moved = output.last_operation
        if self._needed and moved is not None and abs(datetime.now(UTC) - moved) < JUST_NOW:
            self._needed = False
            self._thread = threading.Thread(target=self._look, name="lock-witness", daemon=True)
            self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self._stop.set()
            self._thread.join()

    def _look(self) -> None:
        own = self.looking()
        if own is None:
            return
        own = replace(own, execution=replace(own.execution, cancel=self._stop))
        try:
            lock = held_by(own)
            if isinstance(lock, StateLock) and self.running():
                write_whole(self.session.control / WITNESSED, json.dumps({"id": lock.id}).encode())
        except OSError:
            """Without it the lock is just not known to be ours."""


def witnessed(session: Session) -> str | None:
    """The id of the lock that this apply was seen to hold."""
    try:
        return str(json.loads(read_foreign(session.control / WITNESSED, LARGEST_WITNESSED))["id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _quiet(
    session: Session, name: str, argv: Callable[[Session], tuple[str, ...]], stop: tuple[Step, ...]
) -> Finished:
    """Nothing of it reaches the journal: it may be a state."""
    with session.looking() as own:
        command = replace(own.command(name, argv(own)), deadline=SECONDS, stop=stop)
        return run(command, cancel=session.execution.cancel)
