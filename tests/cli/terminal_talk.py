"""A command on a terminal of its own, and what is typed when it asks."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Mapping

from cli_world import COMMAND, DEADLINE, World


def converse(world: World, words: list[str], answers: dict[str, str]) -> tuple[int, str]:
    """The command of this world on a terminal of its own."""
    return on_terminal([COMMAND, "-c", str(world.config), *words], answers, world.environment)


def _as_a_shell_does() -> None:
    """So that Ctrl-C reaches the command, also where the tests were started with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def on_terminal(
    argv: list[str], answers: dict[str, str], environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Each answer is typed when its question is there."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        argv,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, **(environment or {}), "TERM": "xterm"},
        start_new_session=True,
        preexec_fn=_as_a_shell_does,  # noqa: PLW1509 - there are no threads yet
    )
    os.close(follower)
    heard, end = "", time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if select.select([leader], [], [], 0.1)[0]:
            try:
                heard += os.read(leader, 65536).decode(errors="replace")
            except OSError:  # the other side is closed
                break
        for question in [question for question in answers if question in heard]:
            os.write(leader, answers.pop(question).encode())
    os.close(leader)
    return process.wait(DEADLINE), heard
