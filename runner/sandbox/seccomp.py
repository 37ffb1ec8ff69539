"""A seccomp filter against system calls that no run needs, and that could reach processes, namespaces or the kernel.

Landlock governs files and signals, and a namespace hides processes; neither stops a run from changing its own
terraform through ptrace, from limiting another process of its user, or from creating its own namespaces. A
refused call fails with EPERM, as it would without the capability, so programs that merely try it continue.

The filter is classic BPF as described in seccomp(2): a list of (code, jump if true, jump if false, operand).
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EAFNOSUPPORT, ENOSYS, EPERM
from functools import cache

from runner.model.values.frozen import dataclass

_LOAD, _EQUAL, _AT_LEAST, _ANY_OF, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
# Offsets in struct seccomp_data; arguments are 64 bits wide, and their low half comes first on both machines.
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
_SET_NO_NEW_PRIVS, _SET_SECCOMP, _MODE_FILTER = 38, 22, 2

# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
_NEW_NAMESPACES = 0x7E020000
# They put characters into a terminal as if typed.
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C


@dataclass(frozen=True)
class Machine:
    """The numbers of one architecture, from its linux/audit.h and asm/unistd.h."""

    audit: int
    refused: tuple[int, ...]
    prlimit64: int
    clone: int
    clone3: int
    ioctl: int
    execute: tuple[int, int]  # execve and execveat
    socket: int
    foreign: int | None = None  # from this number on, calls belong to another ABI of the same machine


# By name of the call, with the numbers of x86-64 and of all newer architectures.
_REFUSED = {
    # Memory, threads and descriptors of other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # Other processes' share of the machine
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    # Keys that all processes of a user share
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Parts of the kernel with recurring vulnerabilities
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    # Namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
}

_MACHINES = {
    "x86_64": Machine(
        0xC000003E,
        tuple(x86 for x86, _ in _REFUSED.values()),
        302,
        56,
        435,
        16,
        (59, 322),
        41,
        foreign=0x40000000,
    ),
    "aarch64": Machine(
        0xC00000B7, tuple(newer for _, newer in _REFUSED.values()), 261, 220, 435, 29, (221, 281), 198
    ),
}


@cache
def program(families: frozenset[int] | None = None) -> bytes | None:
    """The filter for this machine; None for an architecture whose numbers are unknown here.

    With `families`, only sockets of these can be made, and no program can be started.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None or not sys.platform.startswith("linux"):
        return None
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in _instructions(machine, families))


@contextmanager
def descriptor() -> Iterator[int | None]:
    """An open file with the filter, for a program that installs it; None if this machine has none."""
    content = program()
    if content is None:
        yield None
        return
    file = os.memfd_create("seccomp")
    try:
        os.write(file, content)
        os.lseek(file, 0, os.SEEK_SET)
        yield file
    finally:
        os.close(file)


def restrict(families: frozenset[int] | None = None) -> None:
    """Install the filter in this thread and its children; nothing if this machine has none."""
    content = program(families)
    if content is None:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = ctypes.create_string_buffer(content, len(content))
    about = struct.pack("=H6xQ", len(content) // 8, ctypes.addressof(instructions))
    # The kernel requires either this or a capability.
    if (
        libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        or libc.prctl(_SET_SECCOMP, _MODE_FILTER, about, 0, 0) != 0
    ):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _instructions(machine: Machine, families: frozenset[int] | None) -> list[tuple[int, int, int, int]]:
    """Each test jumps over nothing or to its own refusal, so no distances have to be computed."""
    found = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, machine.audit),
        _refusal(EPERM),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine.foreign is not None:
        found += [(_AT_LEAST, 0, 1, machine.foreign), _refusal(EPERM)]
    for number in machine.refused:
        found += [(_EQUAL, 0, 1, number), _refusal(EPERM)]
    # C libraries fall back to clone, whose flags a filter can inspect.
    found += [(_EQUAL, 0, 1, machine.clone3), _refusal(ENOSYS)]
    found += _with_argument(machine.clone, 0, [(_ANY_OF, 0, 1, _NEW_NAMESPACES)])
    # 0 is the process itself.
    found += _with_argument(machine.prlimit64, 0, [(_EQUAL, 1, 0, 0)])
    found += _with_argument(machine.ioctl, 1, [(_EQUAL, 0, 1, _TIOCSTI)])
    found += _with_argument(machine.ioctl, 1, [(_EQUAL, 0, 1, _TIOCLINUX)])
    if families is not None:
        for number in machine.execute:
            found += [(_EQUAL, 0, 1, number), _refusal(EPERM)]
        # Past the refusal, for each family that is allowed.
        tests = [(_EQUAL, len(families) - index, 0, one) for index, one in enumerate(sorted(families))]
        found += _with_argument(machine.socket, 0, tests, EAFNOSUPPORT)
    return [*found, (_RETURN, 0, 0, _ALLOW)]


def _with_argument(
    number: int, argument: int, test: list[tuple[int, int, int, int]], error: int = EPERM
) -> list[tuple[int, int, int, int]]:
    """Refuse the call if the test of its argument's low half holds; reloads the number afterwards."""
    body = [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument), *test, _refusal(error), (_LOAD, 0, 0, _NUMBER)]
    return [(_EQUAL, 0, len(body), number), *body]


def _refusal(error: int) -> tuple[int, int, int, int]:
    return (_RETURN, 0, 0, _ERRNO | error)
