"""Another process of the daemon's user, such as terraform for a module, reads nothing of the daemon."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runner.sandbox.hardening import closed_to_others

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what /proc shows is the kernel's own affair")

SECRET = "canary-3f1c"
NOBODY = 65534
# Root is let in everywhere, so it is given up, after the imports: others may not be let in to this interpreter.
# The kernel takes a change of user for a reason to close the process, so it is opened again.
PRELUDE = f"""
import ctypes, os, resource, subprocess, sys, time
from pathlib import Path
from runner.sandbox.hardening import close_to_others
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
    assert ctypes.CDLL(None).prctl(4, 1, 0, 0, 0) == 0
"""
SLEEPER = "print('up', flush=True); sys.stdin.read()"
CLOSED = f"assert close_to_others(); {SLEEPER}"
# What a module could try: the environment, a descriptor, the memory, ptrace's other doors.
READER = """
pid, found = sys.argv[1], []
for name in ("environ", "mem", "maps", "auxv"):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            found.append(name + ":" + (file.read(4096).decode(errors="replace") if name == "environ" else ""))
    except OSError:
        pass
try:
    found += ["fd:" + os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
except OSError:
    pass
print(repr(found))
"""


def lines_of(code: str, *words: str) -> subprocess.Popen[str]:
    environment = {
        "SECRET": SECRET,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env=environment,
    )


@contextmanager
def living(code: str) -> Iterator[int]:
    with lines_of(code) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        try:
            yield process.pid
        finally:
            process.kill()


def seen_by_another(pid: int) -> str:
    with lines_of(READER, str(pid)) as reader:
        out, _ = reader.communicate(timeout=30)
    return out


def test_a_process_of_the_same_user_reads_a_process_that_is_not_closed() -> None:
    with living(SLEEPER) as pid:
        assert SECRET in seen_by_another(pid)


def test_it_reads_nothing_of_one_that_closed_itself() -> None:
    with living(CLOSED) as pid:
        assert seen_by_another(pid) == "[]\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start processes of another user")
def test_whether_a_process_is_closed_can_be_seen_from_outside() -> None:
    with living(SLEEPER) as open_one, living(CLOSED) as closed_one:
        assert (closed_to_others(open_one), closed_to_others(closed_one)) == (False, True)


def test_nothing_is_said_of_a_process_that_is_gone() -> None:
    with living(SLEEPER) as pid:
        pass
    assert closed_to_others(pid) is None


def test_a_closed_process_writes_no_core_and_its_children_are_open_again() -> None:
    """The daemon has to look at what it starts: to set its OOM score, and to find who holds a claim."""
    code = """
assert close_to_others()
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
child = subprocess.Popen(["sleep", "60"])
until = time.monotonic() + 10
while not os.access(f"/proc/{child.pid}/oom_score_adj", os.W_OK):
    # For some microseconds after exec the child still is as closed as we are.
    assert time.monotonic() < until
Path(f"/proc/{child.pid}/oom_score_adj").write_text("500")
assert b"SECRET" in Path(f"/proc/{child.pid}/environ").read_bytes()
assert os.listdir(f"/proc/{child.pid}/fd")
assert Path("/proc/self/mountinfo").read_text() and Path("/proc/self/status").read_text()
assert os.listdir("/proc/self/fd")
child.kill(); child.wait()
print("done")
"""
    with lines_of(code) as process:
        out, _ = process.communicate(timeout=30)
    assert (out, process.returncode) == ("done\n", 0)
