"""Harm to processes and limits. Only ever inside a PID namespace: see `__main__`."""

import ctypes
import os
import resource
import signal
import time
from pathlib import Path

from adversaries.hostile.files import change_modes, plant
from adversaries.hostile.hand import Hand

LIVES_SECONDS = 120.0
PIDS = range(1, 200)
_PTRACE_SEIZE = 0x4206
_LIBC = ctypes.CDLL(None, use_errno=True)
SIGNALS = (signal.SIGSTOP, signal.SIGINT, signal.SIGHUP, signal.SIGKILL)


def trace(hand: Hand) -> None:
    for pid in PIDS:
        hand.attempt(_traced, pid)
        hand.attempt(_file_of, pid, "mem")
        hand.attempt(_file_of, pid, "oom_score_adj")


def limit(hand: Hand) -> None:
    for pid in PIDS:
        hand.attempt(resource.prlimit, pid, resource.RLIMIT_FSIZE, (0, 0))
        hand.attempt(resource.prlimit, pid, resource.RLIMIT_NOFILE, (3, 3))


def slow_down(hand: Hand) -> None:
    for pid in PIDS:
        hand.attempt(os.setpriority, os.PRIO_PROCESS, pid, 19)
        hand.attempt(os.sched_setaffinity, pid, {0})
    hand.attempt(os.setpriority, os.PRIO_USER, os.getuid(), 19)


def leave_children(hand: Hand) -> None:
    """In sessions of their own, which do harm as long as they live; some keep what they have inherited."""
    for number in range(hand.chance.randrange(1, 5)):
        keeps = hand.chance.random() < 0.2
        if os.fork() == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
            if not keeps:
                os.closerange(0, 64)
            for harmless in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
                signal.signal(harmless, signal.SIG_IGN)
            _go_on(Hand(hand.seed + number, hand.known))
    hand.done[hand.act] += 1


def signal_everybody(hand: Hand) -> None:
    """The first process and this one's ancestors included, so this is the end of most plans."""
    number = hand.chance.choice(SIGNALS)
    for pid in PIDS:
        if pid != os.getpid():
            hand.attempt(os.kill, pid, number)


def _go_on(hand: Hand) -> None:
    until = time.monotonic() + LIVES_SECONDS
    while time.monotonic() < until:
        for act in (plant, change_modes):
            act(hand)
        time.sleep(0.02)
    os._exit(0)


def _traced(pid: int) -> None:
    if _LIBC.ptrace(_PTRACE_SEIZE, pid, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def _file_of(pid: int, name: str) -> None:
    with Path(f"/proc/{pid}/{name}").open("wb", buffering=0) as file:
        file.write(b"1000")
