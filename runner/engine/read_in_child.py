"""Run one of our modules in a separate process, with limits based on the size of its input."""

import os
import sys

from runner.engine.session import OOM_SCORE_PLAN, Session
from runner.ports.basics import Cancel
from runner.process.run import KILL, Command, Finished, run

WIDE, MIN_MEMORY, MAX_MEMORY = (
    24,
    256 << 20,
    6 << 30,
)  # Python's objects take up to this many times the bytes of their JSON


def read_in_child(
    session: Session,
    module: str,
    arguments: tuple[str, ...],
    size: int,
    seconds: float,
    cancel: Cancel | None = None,
) -> Finished:
    """`size` is the input in bytes. The deadline ends it, and `cancel`, by default the run's."""
    name = module.rpartition(".")[2]
    memory = min(MAX_MEMORY, MIN_MEMORY + WIDE * size)
    command = Command(
        argv=(sys.executable, "-I", "-m", module, str(memory), *arguments),
        cwd=session.control,
        env={"PATH": os.defpath},
        stdout=session.control / f"{name}.stdout",
        stderr=session.control / f"{name}.stderr",
        deadline=seconds,
        stop=(KILL,),
        oom_score=OOM_SCORE_PLAN,
    )
    return run(command, cancel=cancel or session.execution.cancel)
