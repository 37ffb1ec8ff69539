"""The objects in the state as it is now, for the index of what stacks manage. Values of other attributes are never kept."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from runner.engine.argv import state_pull_argv
from runner.engine.initialised.seal import SealBroken
from runner.engine.read_in_child import read_in_child
from runner.engine.session import Session
from runner.host.files import LARGEST_STATE, read_foreign
from runner.model.inventory.state_object import SeenObjects
from runner.model.values.codec import from_plain
from runner.process.run import KILL, run

SECONDS = 60.0
LARGEST_ANSWER = 64 << 20
_NAME = "state-objects"


def read_objects(session: Session) -> SeenObjects | None:
    """None where the state cannot be read, as an encrypted one. Takes no lock and starts no provider."""
    try:
        with _state(session) as file:
            size = file.stat().st_size
            if size > LARGEST_STATE:
                return None
            finished = read_in_child(
                session, "runner.engine.state.process", ("objects", str(file)), size, SECONDS
            )
            if finished.exit_code != 0:
                return None
            answer = json.loads(read_foreign(session.control / "process.stdout", LARGEST_ANSWER))
            return None if answer is None else from_plain(SeenObjects, answer)
    except (OSError, ValueError, SealBroken):
        return None


@contextmanager
def _state(session: Session) -> Iterator[Path]:
    """Its file, or one that it was pulled into and that is deleted afterwards."""
    if session.state is not None:
        yield session.state
        return
    pulled = session.control / f"{_NAME}.jsonl"
    try:
        with session.looking() as own:
            argv = state_pull_argv(own.binary, own.values_for("state pull"))
            command = replace(
                own.command(_NAME, argv), deadline=SECONDS, output_cap=LARGEST_STATE, stop=(KILL,)
            )
            finished = run(command, cancel=session.execution.cancel)
        if finished.exit_code != 0 or not finished.complete:
            raise OSError("the state was not pulled")
        yield pulled
    finally:
        pulled.unlink(missing_ok=True)
