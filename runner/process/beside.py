"""A process of ours beside this one: in a session of its own, so that it outlives whoever started it."""

import subprocess
from collections.abc import Mapping, Sequence


def start_beside(argv: Sequence[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """It writes to the log of this process, and reads nothing. OSError if it cannot be started."""
    return subprocess.Popen(  # noqa: S603 - our own program
        argv, env=dict(env), stdin=subprocess.DEVNULL, start_new_session=True
    )
