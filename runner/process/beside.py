"""A process of ours beside this one: in a session of its own, so that it outlives whoever started it."""

import subprocess
from collections.abc import Mapping, Sequence


def start_beside(
    argv: Sequence[str], env: Mapping[str, str], *, told_later: bool = False
) -> "subprocess.Popen[bytes]":
    """It writes to the log of this process. OSError if it cannot be started.

    With `told_later` it has a standard input, whose end it takes for ours as long as it has nothing to do.
    """
    stdin = subprocess.PIPE if told_later else subprocess.DEVNULL
    return subprocess.Popen(  # noqa: S603 - our own program
        argv, env=dict(env), stdin=stdin, start_new_session=True
    )
