"""A command in a child of the nursery, which has imported everything: it starts in 10 ms, not in 400."""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from runner import failpoint
from runner.cli.main import main

COMMAND = str(Path(sys.executable).with_name("driftline"))


def perform(argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """As the installed command does, once it is started."""
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [COMMAND, *argv]
    failpoint._ARMED.update(failpoint.armed(environment.get(failpoint.VARIABLE, "")))
    try:
        main(list(argv), prog_name="driftline")
    finally:
        threading._shutdown()  # type: ignore[attr-defined] # in this order
        atexit._run_exitfuncs()


def perform_into(out: int, err: int, argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """With these descriptors for its standard streams, and nothing to read."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for standard, descriptor in enumerate((nothing, out, err)):
        os.dup2(descriptor, standard)
    os.close(nothing)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115 - until its end
    signal.signal(signal.SIGINT, signal.default_int_handler)
    perform(argv, environment)


def perform_into_pipes(
    out: Connection, err: Connection, argv: Sequence[str], environment: Mapping[str, str]
) -> None:
    with out, err:
        ours = os.dup(out.fileno()), os.dup(err.fileno())
    perform_into(*ours, argv, environment)
