"""The first program inside a run's namespaces: machine code if available, otherwise Python, which starts 8 ms slower.

Both take the same arguments, which `inside_x86_64.s` lists, and do the same. The machine code exists only in
memory; it is the assembled `inside_x86_64.s`, which a test assembles again.
"""

import os
import platform
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path

from runner.model.sandbox.namespace import PRIVATE, View
from runner.sandbox import landlock
from runner.sandbox.bubblewrap import MARK

INSIDE = Path(__file__).with_name("inside.py")
TRY_SECONDS = 20
_X86_64 = bytes.fromhex(
    "488b0424488d5c24104c8d74c4104883ec20e8e70000004189c4e8df00000089c7b8030000000f05e8d10000004189c5"
    "e8c900000048890424488d35db000000ba01000000e8a9000000488b334883c308803e00743fbf9cffffffba00002b00"
    "b8010100000f0585c078df894424084489efbe010000004889e24531d2b8bd0100000f0585c0784d8b7c2408b8030000"
    "000f05ebb54585ed74174489ef31f6b8be0100000f0585c0782bb8030000000f054489e7be02000000ba01000000b848"
    "0000000f05488b3b4889de4c89f2b83b0000000f05f7d88804244889e6ba01000000e80c000000bf7f000000b8e70000"
    "000f054489e7b8010000000f05c3488b334883c30831c00fb60e85c9740c6bc00a8d4408d048ffc6ebedc32b"
)
_BASE, _HEADERS = 0x400000, 64 + 56
_EXECUTABLE, _EM_X86_64, _LOAD, _READ_AND_EXECUTE = 2, 62, 1, 5


@contextmanager
def entrance(view: View, argv: Sequence[str]) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """The command that becomes the program of `argv`, and the descriptors that it needs."""
    version = landlock.abi()
    with (
        landlock.ruleset(["/"], view.shared) if version else nullcontext(0) as rules,
        _itself() as (program, itself),
    ):
        # These are mounted only inside, so no ruleset can name them beforehand.
        places = (*PRIVATE, "/dev") if version else ()
        numbers = map(str, (itself, rules, landlock.handled(version)))
        yield [*program, MARK, *numbers, *places, "", *argv], tuple(filter(None, (itself, rules)))


@contextmanager
def _itself() -> Iterator[tuple[list[str], int]]:
    """The program, and its descriptor; 0 for Python."""
    if not runs_here():
        yield [sys.executable, "-I", "-S", str(INSIDE)], 0
        return
    descriptor = _in_memory()
    try:
        yield [f"/proc/self/fd/{descriptor}"], descriptor
    finally:
        os.close(descriptor)


@cache
def runs_here() -> bool:
    """Whether this machine runs the machine code. Tried once, in a millisecond: a kernel can forbid programs in memory."""
    if platform.machine() != "x86_64":
        return False
    try:
        descriptor = _in_memory()
    except OSError:
        return False
    heard, written = os.pipe()
    try:
        tried = subprocess.run(  # noqa: S603 -- a fixed command
            [f"/proc/self/fd/{descriptor}", str(written), str(descriptor), "0", "0", "", "/bin/true"],
            pass_fds=(descriptor, written),
            timeout=TRY_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    else:
        return tried.returncode == 0
    finally:
        for opened in (heard, written, descriptor):
            os.close(opened)


def _in_memory() -> int:
    descriptor = os.memfd_create("inside", os.MFD_CLOEXEC)
    os.write(descriptor, executable(_X86_64))
    return descriptor


def executable(code: bytes) -> bytes:
    """An ELF file (elf(5)) with the code as its single segment, entered at its first byte."""
    size = _HEADERS + len(code)
    header = struct.pack(
        "<4s4B8xHHIQQQIHHHHHH",
        *(b"\x7fELF", 2, 1, 1, 0),  # 64 bits, little-endian
        *(_EXECUTABLE, _EM_X86_64, 1, _BASE + _HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0),
    )
    segment = struct.pack("<IIQQQQQQ", _LOAD, _READ_AND_EXECUTE, 0, _BASE, _BASE, size, size, 0x1000)
    return header + segment + code
