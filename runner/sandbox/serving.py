"""The sandbox of the web server: few files, no programs, and no connections but to the issuer of logins.

It is put up once, before the first request and the first thread, by the process itself. Nothing takes it down again.
"""

import os
import resource
import socket
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import runner
from runner.model.values.frozen import dataclass
from runner.sandbox import landlock, seccomp

MEMORY = 2 << 30  # its data and the stacks of its threads
FILES = 8192  # each connection is one
NICE = 5  # behind the daemon and the runs, where they compete for the processor
# Part of the environment -> why the web server gets it.
VARIABLES: Mapping[str, str] = {
    "PATH": "the interpreter finds its library by it",
    "LANG": "messages of the system",
    "LC_ALL": "messages of the system",
    "TZ": "times in the log",
    "HOME": "an address such as ~/cert.pem in the configuration",
    "CREDENTIALS_DIRECTORY": "${cred:NAME} in the parts of the configuration that it reads",
    "JOURNAL_STREAM": "the form of the log",
    "SSL_CERT_FILE": "the authorities that may vouch for the issuer of logins",
    "SSL_CERT_DIR": "see SSL_CERT_FILE",
}
# What Python, name resolution and TLS read while they work.
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/gai.conf",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/pki",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl",
    "/proc",
    "/run/systemd/resolve",
    "/sys/fs/cgroup",
    "/dev/urandom",
)


@dataclass(frozen=True)
class Wall:
    """What stays possible: files with everything below them, and connections to these TCP ports."""

    read: tuple[Path, ...]
    write: tuple[Path, ...]
    ports: tuple[int, ...] = ()


def environment(environ: Mapping[str, str], named: frozenset[str] = frozenset()) -> dict[str, str]:
    """The part that the web server gets; `named` are the variables that its configuration refers to."""
    return {name: value for name, value in environ.items() if name in VARIABLES or name in named}


def limit() -> None:
    """Bound what a flood can take from the runs. Where the service manager forbids it, it has limits of its own."""
    for which, most in ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_NOFILE, FILES)):
        _, hard = resource.getrlimit(which)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(which, (least, hard))
    stand_back(NICE)


def stand_back(niceness: int) -> None:
    """Leave the processor to others of this host."""
    with suppress(OSError):
        os.nice(niceness)
    # Where the kernel shares the processor among sessions (sched(7), "autogroup"), niceness only counts inside of one.
    # The daemon has another one.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(niceness))
    # It interrupts nobody when it wakes up.
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def confine(wall: Wall) -> tuple[str, ...]:
    """Put it up around this thread and all that it starts. The result names what this machine can hold."""
    held = []
    if landlock.abi():
        read = map(os.path.realpath, (*_SYSTEM, *_python(), *map(str, wall.read)))
        write = map(os.path.realpath, ("/dev/null", *map(str, wall.write)))
        with landlock.ruleset(read, write, wall.ports) as rules:
            landlock.restrict(rules)
        held += ["files", *(["connections"] if landlock.abi() >= landlock.TCP_SINCE else [])]
    if seccomp.program() is not None:
        outward = {socket.AF_INET, socket.AF_INET6} if wall.ports else set()
        seccomp.restrict(frozenset(map(int, outward)))
        held.append("system calls")
    return tuple(held)


def _python() -> Iterator[str]:
    """The interpreter, its library, installed packages, and our own code where it lies elsewhere."""
    yield from (sys.prefix, sys.base_prefix, str(Path(runner.__file__).parent))
    yield from sysconfig.get_paths().values()
