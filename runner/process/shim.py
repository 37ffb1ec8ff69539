"""The process that owns one apply, so that neither a crash nor an upgrade of the daemon affects terraform.

    python -I -S shim.py ORDER PROGRAM [ARGUMENT...]

ORDER is a JSON object: `kept` are descriptors that only the shim holds, `receipt`, `result`, `stop` and `stderr` are
paths, and `facts` is the content of the receipt. With namespaces, `program` is started inside them and PROGRAM is
bubblewrap; with Landlock alone, `ruleset` is the descriptor of the ruleset. The shim inherits terraform's environment,
working folder, output files and the descriptor whose flock shows that the apply is alive. It

1. makes the receipt durable, and refuses if there is one already: a plan is handed to terraform once,
2. starts terraform, confined, and asks it once to stop (SIGINT to it alone, never to its providers) when `stop` appears,
3. kills everything that terraform left running, makes the result durable, and exits.

It is not confined itself: its files lie where terraform and its children may not write.
Only the standard library, and little of it: it is started for every apply, and lives as long.
"""

import contextlib
import errno
import json
import os
import select
import signal
import sys
import time

LOOK_SECONDS = 0.2  # delay until a stop request is seen
ROOM_SECONDS = 3600.0  # how long to wait for a disk that is full or missing
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOENT)
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)  # by Python; ignored signals stay ignored in a child

if __name__ == "__main__":
    # Isolated mode knows no installed packages; the failpoints lie beside this file.
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from runner import failpoint
from runner.sandbox import bubblewrap


def main(order: dict[str, object], argv: list[str]) -> int:
    """0 once a result is durable, whatever it is, or if there was nothing to start."""
    # Handlers, not SIG_IGN, which terraform would inherit: at a shutdown systemd signals every process.
    for number in HANDLED:
        signal.signal(number, lambda *_: None)
    for descriptor in order.get("kept", ()):  # type: ignore[attr-defined]
        os.set_inheritable(descriptor, False)
    result, receipt = str(order["result"]), str(order["receipt"])
    facts = {**dict(order["facts"]), "pid": os.getpid()}  # type: ignore[call-overload]
    try:
        failpoint.reach("shim.before_receipt")
        first = written(receipt, facts, once=True)
    except OSError as error:
        return refuse(result, f"its receipt could not be written: {error}")
    if not first:
        return refuse(result, "this plan was handed to terraform before")
    failpoint.reach("shim.after_receipt")
    started = time.monotonic()
    try:
        child = (
            enter(argv, order["program"], str(order["stderr"]))
            if "program" in order
            else Bare(start(argv, order.get("ruleset")))
        )
    except (NotStarted, OSError) as error:
        return refuse(result, str(error))
    code = attend(child, str(order["stop"]))
    failpoint.reach("shim.before_result")
    keep(result, {"exit_code": code, "seconds": round(time.monotonic() - started, 3)})
    failpoint.reach("shim.after_result")
    return 0


class Bare:
    """Terraform without namespaces: a child of the shim."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def interrupt(self) -> None:
        os.kill(self.pid, signal.SIGINT)

    def ended(self, code: int) -> int:
        return code


class Enclosed(Bare):
    """bubblewrap, and terraform in its namespaces."""

    def __init__(self, pid: int, namespaces: "bubblewrap.Namespaces") -> None:
        super().__init__(pid)
        self.namespaces = namespaces

    def interrupt(self) -> None:
        self.namespaces.interrupt(signal.SIGINT)

    def ended(self, code: int) -> int:
        self.namespaces.end()
        return bubblewrap.exit_code(code)


def enter(argv: list[str], program: object, stderr: str) -> Enclosed:
    """NotEntered, which is an OSError, if it cannot be started."""
    assert isinstance(program, list)
    door = bubblewrap.Door()
    for descriptor in door.passed:
        os.set_inheritable(descriptor, True)
    pid = start(door.argv(argv, program), None)
    try:
        return Enclosed(pid, door.enter(stderr))
    except OSError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


class NotStarted(Exception):
    """it could not be started, and why"""


def start(argv: list[str], rules: object) -> int:
    """The child process running terraform; NotStarted if that failed."""
    heard, report = os.pipe()  # exec closes it
    # Until its handlers are gone: a signal to the whole group must not get lost.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    child = os.fork()
    if child == 0:
        become(argv, rules, report)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(report)
    if isinstance(rules, int):
        os.close(rules)
    with os.fdopen(heard, "rb") as pipe:
        reason = pipe.read()
    if reason:
        os.waitpid(child, 0)
        raise NotStarted(reason.decode())
    return child


def become(argv: list[str], rules: object, report: int) -> None:
    """The rest of the child's life, which never returns to the shim's code."""
    step = "confined"
    try:
        if isinstance(rules, int):
            from runner.sandbox import (
                landlock,  # take a third of the time of all the rest
                seccomp,  # take a third of the time of all the rest
            )

            landlock.restrict(rules)
            seccomp.restrict()
            os.close(rules)
        step = "started"
        for number in (*HANDLED, *IGNORED):
            signal.signal(number, signal.SIG_DFL)
        # Blocked signals stay blocked in a child too.
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execve(argv[0], argv, os.environ)  # noqa: S606 - built by code
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent reports it
        with contextlib.suppress(OSError):
            os.write(report, f"it could not be {step}: {error}".encode())
    finally:
        os._exit(127)


def refuse(result: str, reason: str) -> int:
    """Record that terraform was not started; if even that cannot be written, no result means the same."""
    with contextlib.suppress(OSError):
        written(result, {"refused": reason})
    return 0


def keep(result: str, content: dict[str, object]) -> None:
    """Wait for space on a full disk, or for a disk that was moved, and hold the locks: the end is known nowhere else."""
    until = time.monotonic() + ROOM_SECONDS
    while True:
        try:
            written(result, content)
        except OSError as error:
            if error.errno not in NO_ROOM or time.monotonic() > until:
                raise
            time.sleep(LOOK_SECONDS)
        else:
            return


def attend(child: Bare, stop: str) -> int:
    """The exit code of terraform, negative if a signal ended it."""
    descriptor = os.pidfd_open(child.pid)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    asked = False
    while not poll.poll(LOOK_SECONDS * 1000):
        if not asked and os.path.exists(stop):
            asked = True
            child.interrupt()
    return child.ended(os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1]))


def written(path: str, content: dict[str, object], *, once: bool = False) -> bool:
    """Make the file durable in one step; with `once`, False if it exists already."""
    fresh = f"{path}.{os.getpid()}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, json.dumps(content, sort_keys=True).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        if once:
            os.link(fresh, path)
        else:
            os.rename(fresh, path)
    except FileExistsError:
        return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh)
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
