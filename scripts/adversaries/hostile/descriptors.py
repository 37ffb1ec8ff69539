"""Harm through what is open already, and locks on all that can be opened."""

import contextlib
import fcntl
import os
import socket
import termios
from pathlib import Path

from adversaries.hostile.hand import Hand, is_device

GARBAGE = (
    b"\xff" * 300,
    b'{"@level":"error","type":"diagnostic"}\n',
    b"\x1b[2J\n",
    b"1|6|unix|/nowhere|grpc\n",
)
TTYS = ("/dev/tty", "/dev/console", "/dev/ptmx", "/dev/pts/0", "/dev/pts/ptmx")


def write_to_inherited(hand: Hand) -> None:
    for number in inherited():
        hand.attempt(os.set_blocking, number, False)
        hand.attempt(os.write, number, hand.chance.choice(GARBAGE))


def spoil_inherited(hand: Hand) -> None:
    for number in inherited():
        hand.attempt(os.ftruncate, number, 0)
        hand.attempt(os.lseek, number, 1 << 30, os.SEEK_SET)
        hand.attempt(fcntl.fcntl, number, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)
        hand.attempt(os.fchmod, number, 0)


def unlock_inherited(hand: Hand) -> None:
    for number in inherited():
        for how in (fcntl.LOCK_UN, fcntl.LOCK_EX | fcntl.LOCK_NB):
            hand.attempt(fcntl.flock, number, how)
            hand.attempt(fcntl.lockf, number, how)


def write_to_others(hand: Hand) -> None:
    """By /proc, into what terraform and the provider have open."""
    for process in sorted(Path("/proc").glob("[0-9]*")):
        for number in range(12):
            file = hand.attempt(os.open, f"{process}/fd/{number}", os.O_WRONLY | os.O_NONBLOCK)
            if file is not None:
                hand.attempt(os.write, file, hand.chance.choice(GARBAGE))
                hand.attempt(os.ftruncate, file, 0)
                os.close(file)


def lock_everything(hand: Hand) -> None:
    """And keep it: the descriptors stay open, and children of later acts inherit them."""
    for path in hand.paths():
        file = hand.attempt(os.open, path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        if file is not None:
            hand.attempt(os.set_inheritable, file, True)
            hand.attempt(fcntl.flock, file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def type_on_terminals(hand: Hand) -> None:
    for path in TTYS:
        file = hand.attempt(os.open, path, os.O_RDWR | os.O_NONBLOCK)
        if file is not None:
            hand.attempt(fcntl.ioctl, file, termios.TIOCSTI, b"x")
            hand.attempt(fcntl.ioctl, file, termios.TIOCSCTTY, 1)


def call_services(hand: Hand) -> None:
    """Sockets by path, and an abstract one that somebody might take for another's."""
    for path in [*hand.known, "/run/systemd/private", "/run/dbus/system_bus_socket", "/var/run/docker.sock"]:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as calling:
            calling.settimeout(0.1)
            hand.attempt(calling.connect, path)
    listening = socket.socket(socket.AF_UNIX)
    hand.attempt(listening.bind, f"\0driftline-{hand.seed}")
    hand.attempt(listening.listen)
    listening.detach()


def inherited() -> list[int]:
    """But for devices, which are the machine's."""
    numbers = sorted(int(name) for name in os.listdir("/proc/self/fd"))  # noqa: PTH208
    return [number for number in numbers if not is_device(number)]
