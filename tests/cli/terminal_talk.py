"""A command on a terminal of its own, and what is typed when it asks."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from cli_world import DEADLINE, World
from nursery import nursery
from performed import perform


def converse(world: World, words: list[str], answers: dict[str, str]) -> tuple[int, str]:
    """The command of this world on a terminal of its own, in a process of its own that has imported everything.

    What answers the empty question is typed before the command starts.
    """
    with _terminal() as (leader, follower):
        environment = {**os.environ, **world.environment, "TERM": "xterm"}
        argv = ["-c", str(world.config), *words]
        process = nursery().Process(target=_command, args=(os.ttyname(follower), argv, environment))
        if "" in answers:
            os.write(leader, answers.pop("").encode())
        process.start()
        heard = _talk(leader, answers, process.is_alive)
        process.join(DEADLINE)
        assert process.exitcode is not None, heard
        return process.exitcode, heard


def on_terminal(argv: list[str], answers: dict[str, str]) -> tuple[int, str]:
    """Each answer is typed when its question is there."""
    with _terminal() as (leader, follower):
        process = subprocess.Popen(
            argv,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env={**os.environ, "TERM": "xterm"},
            start_new_session=True,
            preexec_fn=_as_a_shell_does,  # noqa: PLW1509 - there are no threads yet
        )
        heard = _talk(leader, answers, lambda: process.poll() is None)
        return process.wait(DEADLINE), heard


@contextmanager
def _terminal() -> Iterator[tuple[int, int]]:
    leader, follower = pty.openpty()
    try:
        yield leader, follower
    finally:
        os.close(leader)
        os.close(follower)


def _talk(leader: int, answers: dict[str, str], alive: Callable[[], bool]) -> str:
    heard, end, over = "", time.monotonic() + DEADLINE, False
    while time.monotonic() < end:
        if _readable(leader, 0 if over else 100):
            heard += os.read(leader, 65536).decode(errors="replace")
        elif over:
            break
        else:
            over = not alive()  # what it said last is still to be read
        for question in [question for question in answers if question in heard]:
            os.write(leader, answers.pop(question).encode())
    return heard


def _as_a_shell_does() -> None:
    """So that Ctrl-C reaches the command, also where the tests were started with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _command(terminal: str, argv: list[str], environment: Mapping[str, str]) -> None:
    os.setsid()
    descriptor = os.open(terminal, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115 - until its end
    perform(argv, environment)


def _readable(descriptor: int, milliseconds: int) -> bool:
    """By poll(2): select(2) takes no descriptor above 1,023, and a process of the tests may have more."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(milliseconds))


class Meanwhile(dict[str, str]):
    """Answers that are given after something else has happened."""

    def __init__(self, happens: Callable[[], object], answers: dict[str, str]) -> None:
        super().__init__(answers)
        self.happens = happens

    def pop(self, question: str, *_: object) -> str:
        self.happens()
        return super().pop(question)
