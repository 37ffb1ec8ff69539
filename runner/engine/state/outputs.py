"""The outputs in the state, with their values: read by terraform itself, so for every backend, and encrypted states too."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runner.engine.argv import output_argv
from runner.engine.failure import bad_end
from runner.engine.initialised.seal import SealBroken
from runner.engine.session import Session
from runner.host.files import read_foreign
from runner.model.changes.changes import error_summary
from runner.model.outputs.known import StateOutput
from runner.ports.engine import EngineError
from runner.process.run import KILL, run

SECONDS = 60.0
LARGEST = 8 << 20
_NAME = "output"


def read_outputs(session: Session) -> dict[str, StateOutput] | EngineError:
    """Takes no lock, and starts no provider. What it prints is deleted before this returns, and is in no log."""
    written = session.control / f"{_NAME}.jsonl"
    try:
        with session.looking() as own:
            command = replace(
                own.command(_NAME, output_argv(own.binary, session.state)),
                deadline=SECONDS,
                output_cap=LARGEST,
                stop=(KILL,),
            )
            finished = run(command, cancel=session.execution.cancel)
        if finished.exit_code != 0 or not finished.complete:
            error = bad_end(session, _NAME, finished, session.output(), SECONDS)
            session.journal.write([f"The outputs cannot be read: {error_summary(error.diagnostics)}"])
            return error
        return {name: _output(one) for name, one in json.loads(read_foreign(written, LARGEST)).items()}
    except (OSError, ValueError, AttributeError, RecursionError, SealBroken):
        return EngineError(_NAME, 1, ())
    finally:
        written.unlink(missing_ok=True)


def _output(of: Mapping[str, Any]) -> StateOutput:
    return StateOutput(of.get("value"), sensitive=of.get("sensitive") is not False)
