"""Linux Landlock: a thread restricts itself and everything it starts, without being root.

Three system calls that the standard library lacks. Their numbers are the same on all Linux architectures
(except Alpha, which returns ENOSYS for them, and so counts as a kernel without Landlock).
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
_VERSION, _PATH_BENEATH, _NET_PORT = 1, 1, 2
_DROP_FROM_BOUNDS, _NO_NEW_PRIVS = 24, 38
_PERFMON, _SYS_ADMIN = 38, 21
_RESOLVE_NO_SYMLINKS = 4

# linux/landlock.h. Without EXECUTE (1 << 0) and READ_DIR (1 << 3): names are not secret, and programs have to be read.
_WRITE_FILE, _READ_FILE, _REFER, _TRUNCATE = 1 << 1, 1 << 2, 1 << 13, 1 << 14
_MAKE_AND_REMOVE = sum(1 << bit for bit in range(4, 13))
_OF_A_FILE = _WRITE_FILE | _READ_FILE | _TRUNCATE
_OTHERS_SOCKETS, _SIGNALS_TO_OTHERS = 1 << 0, 1 << 1
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
TCP_SINCE = 4  # the first version that governs TCP


@cache
def abi() -> int:
    """The kernel's Landlock version; 0 if it has none, or it is disabled for us."""
    try:
        return max(0, _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION)))
    except OSError:
        return 0


def handled(version: int) -> int:
    """The governed rights: reading, writing, creating, removing and moving files, as far as this version can."""
    rights = _WRITE_FILE | _READ_FILE | _MAKE_AND_REMOVE
    return rights | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)


@contextmanager
def ruleset(read: Iterable[str], write: Iterable[str], ports: Iterable[int] | None = None) -> Iterator[int]:
    """A descriptor of what stays allowed: these paths with everything below. OSError without Landlock.

    With `ports`, TCP connections may go to these ports only, and no socket can be bound any more.
    From version 6 on, signals and abstract sockets of outside processes are out of reach as well.
    """
    version = abi()
    rights = handled(version)
    net = _BIND_TCP | _CONNECT_TCP if ports is not None and version >= TCP_SINCE else 0
    scoped = _OTHERS_SOCKETS | _SIGNALS_TO_OTHERS if version >= 6 else 0
    about = struct.pack("=QQQ", rights, net, scoped)
    descriptor = _call(_CREATE, about, ctypes.c_size_t(len(about)), ctypes.c_uint32(0))
    try:
        for paths, allowed in ((read, _READ_FILE), (write, rights)):
            for path in paths:
                allow(descriptor, path, allowed)
        for port in (ports or ()) if net else ():
            rule = struct.pack("=QQ", _CONNECT_TCP, port)
            _call(_ADD, ctypes.c_int(descriptor), ctypes.c_int(_NET_PORT), rule, ctypes.c_uint32(0))
        yield descriptor
    finally:
        os.close(descriptor)


def restrict(descriptor: int) -> None:
    """Drop all other rights of this thread and its children, permanently; other threads keep theirs."""
    # Root's programs do not need these: a holder may read the environment of every process, despite Landlock.
    for capability in (_PERFMON, _SYS_ADMIN):
        _libc().prctl(_DROP_FROM_BOUNDS, capability, 0, 0, 0)
    if _libc().prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise _failure()
    _call(_RESTRICT, ctypes.c_int(descriptor), ctypes.c_uint32(0))


def allow(descriptor: int, path: str, allowed: int) -> None:
    """Grant these rights on the path and everything below it, unless it is gone."""
    try:
        place = _opened(path)
    except OSError:
        return  # gone meanwhile, or a symlink by now: the rule would apply to its target, even a hidden one
    try:
        rights = allowed if stat.S_ISDIR(os.fstat(place).st_mode) else allowed & _OF_A_FILE
        rule = struct.pack("=Qi", rights, place)
        _call(_ADD, ctypes.c_int(descriptor), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    except OSError as error:
        if error.errno != errno.EBADFD:  # in the kernel's own file systems, such as mounted namespaces
            raise
    finally:
        os.close(place)


def _opened(path: str) -> int:
    """The path itself, without following any symlink on the way."""
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
