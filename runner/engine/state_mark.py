"""The state that a plan was made on, as its file has it. A large one is read by a process of its own."""

import json
from pathlib import Path

from runner.engine.aside import read_aside
from runner.engine.session import Session
from runner.engine.state_process import StateMark, size_in, state_in
from runner.files import LARGEST_STATE

AT_HAND = 512 << 10
SMALL_PLAN = 8 << 20  # of a larger one not even the table of contents is read here
SECONDS = 60.0


def state_of(session: Session, plan_file: Path) -> StateMark:
    """Unknown where it is encrypted, as OpenTofu can do it, or too large to be read."""
    size = plan_file.stat().st_size
    if size <= SMALL_PLAN:
        size = size_in(plan_file)
        if size <= AT_HAND:
            return state_in(plan_file)
    if size > LARGEST_STATE:
        return StateMark()
    finished = read_aside(session, "runner.engine.state_process", (str(plan_file),), size, SECONDS)
    if finished.exit_code != 0:
        return StateMark()
    return StateMark(**json.loads((session.control / "state_process.stdout").read_bytes()))
