"""A process of ours beside this one: in a session of its own, so that it outlives whoever started it."""

import subprocess
from collections.abc import Mapping, Sequence


def start_beside(
    argv: Sequence[str], env: Mapping[str, str], *, answers: bool = False
) -> "subprocess.Popen[bytes]":
    """It writes to the log of this process. OSError if it cannot be started.

    With `answers` it is told by its standard input what to do, and answers on its standard output.
    """
    stdin, stdout = (subprocess.PIPE, subprocess.PIPE) if answers else (subprocess.DEVNULL, None)
    return subprocess.Popen(  # noqa: S603 - our own program
        argv, env=dict(env), stdin=stdin, stdout=stdout, start_new_session=True
    )
