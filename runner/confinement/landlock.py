"""Linux Landlock: a thread takes rights from itself, and from whatever it starts, without being root.

Three system calls that the standard library does not have. Their numbers are the same on all architectures of Linux
(but Alpha, which gets ENOSYS for a number it does not know, and so counts as a kernel without Landlock).
"""

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache

_OPENAT2, _CREATE, _ADD, _RESTRICT = 437, 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_DROP_FROM_BOUNDS, _NO_NEW_PRIVS = 24, 38
_PERFMON, _SYS_ADMIN = 38, 21
_RESOLVE_NO_SYMLINKS = 4

# linux/landlock.h. Not EXECUTE (1 << 0) and READ_DIR (1 << 3): names are no secret, and programs have to be read.
_WRITE_FILE, _READ_FILE, _REFER, _TRUNCATE = 1 << 1, 1 << 2, 1 << 13, 1 << 14
_MAKE_AND_REMOVE = sum(1 << bit for bit in range(4, 13))
_OF_A_FILE = _WRITE_FILE | _READ_FILE | _TRUNCATE
_OTHERS_SOCKETS, _SIGNALS_TO_OTHERS = 1 << 0, 1 << 1


@cache
def abi() -> int:
    """The kernel's version of Landlock; 0 where it has none, or does not let us."""
    try:
        return max(0, _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION)))
    except OSError:
        return 0


def handled(version: int) -> int:
    """What is governed: reading, writing, making, removing and moving of files, as far as this version can."""
    rights = _WRITE_FILE | _READ_FILE | _MAKE_AND_REMOVE
    return rights | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)


@contextmanager
def ruleset(read: Iterable[str], write: Iterable[str]) -> Iterator[int]:
    """A descriptor of what stays allowed: these paths and all that is below them. OSError where there is no Landlock.

    With version 6 or later, signals and abstract sockets of processes outside are out of reach as well.
    """
    version = abi()
    rights = handled(version)
    scoped = _OTHERS_SOCKETS | _SIGNALS_TO_OTHERS if version >= 6 else 0
    about = struct.pack("=QQQ", rights, 0, scoped)
    descriptor = _call(_CREATE, about, ctypes.c_size_t(len(about)), ctypes.c_uint32(0))
    try:
        for paths, allowed in ((read, _READ_FILE), (write, rights)):
            for path in paths:
                allow(descriptor, path, allowed)
        yield descriptor
    finally:
        os.close(descriptor)


def restrict(descriptor: int) -> None:
    """Take all other rights from this thread and from what it starts, for good; other threads keep theirs."""
    # Root's programs do without these: whoever has one may read the environment of every process, Landlock or not.
    for capability in (_PERFMON, _SYS_ADMIN):
        _libc().prctl(_DROP_FROM_BOUNDS, capability, 0, 0, 0)
    if _libc().prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise _failure()
    _call(_RESTRICT, ctypes.c_int(descriptor), ctypes.c_uint32(0))


def allow(descriptor: int, path: str, allowed: int) -> None:
    """These rights on the path and all that is below it, unless it is gone."""
    try:
        place = _opened(path)
    except OSError:
        return  # gone meanwhile, or a symlink by now: a rule would be on what it leads to, be that what is hidden
    try:
        rights = allowed if stat.S_ISDIR(os.fstat(place).st_mode) else allowed & _OF_A_FILE
        rule = struct.pack("=Qi", rights, place)
        _call(_ADD, ctypes.c_int(descriptor), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    except OSError as error:
        if (
            error.errno != errno.EBADFD
        ):  # of the kernel's own file systems, such as namespaces that are mounted
            raise
    finally:
        os.close(place)


def _opened(path: str) -> int:
    """The place itself, through no symlink anywhere on the way."""
    how = struct.pack("=QQQ", os.O_PATH | os.O_CLOEXEC, 0, _RESOLVE_NO_SYMLINKS)
    name = os.fsencode(path)
    return _call(_OPENAT2, ctypes.c_int(-100), name, how, ctypes.c_size_t(len(how)))


def _call(number: int, *arguments: object) -> int:
    done: int = _libc().syscall(ctypes.c_long(number), *arguments)
    if done < 0:
        raise _failure()
    return done


def _failure() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc
