"""Lineage and serial of a state: the one that a plan was based on, and the one that an apply saved.

A large one is parsed by a separate process, so that no state uses the daemon's memory.
"""

import json
from pathlib import Path
from threading import Event

from runner.engine.read_in_child import read_in_child
from runner.engine.session import Session
from runner.engine.state.process import StateMark, saved_in, size_in, state_in
from runner.host.files import LARGEST_STATE, read_foreign
from runner.ports.basics import Cancel

AT_HAND = 512 << 10
SMALL_PLAN = 8 << 20  # of a larger one not even the table of contents is read here
SECONDS = 60.0
LARGEST_ANSWER = 1 << 16


def state_of(session: Session, plan_file: Path) -> StateMark:
    """The state in a plan. Unknown if it is encrypted, which OpenTofu supports, or too large."""
    size = plan_file.stat().st_size
    if size <= SMALL_PLAN:
        size = size_in(plan_file)
        if size <= AT_HAND:
            return state_in(plan_file)
    return _apart(session, "plan", plan_file, size) or StateMark()


def saved_state(session: Session, file: Path) -> StateMark | None:
    """The state that an apply wrote: None if the file holds none, unknown if unreadable.

    Also after the run was asked to stop: its end still has to be reported.
    """
    try:
        size = file.lstat().st_size
    except OSError:
        return None
    return saved_in(file, AT_HAND) if size <= AT_HAND else _apart(session, "saved", file, size, Event())


def _apart(
    session: Session, what: str, file: Path, size: int, cancel: Cancel | None = None
) -> StateMark | None:
    if size > LARGEST_STATE:
        return StateMark()
    finished = read_in_child(session, "runner.engine.state.process", (what, str(file)), size, SECONDS, cancel)
    if finished.exit_code != 0:
        return StateMark()
    answer = json.loads(read_foreign(session.control / "process.stdout", LARGEST_ANSWER))
    return None if answer is None else StateMark(**answer)
