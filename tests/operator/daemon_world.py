"""A daemon as a process of its own, the socket on which it talks to systemd, and a terraform that waits on command."""

import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from nursery import nursery
from operator_world import Installation
from performed import perform_into

from runner.app import App
from runner.model.run.life import Run
from runner.ports.records.runs import RunFilter

T = TypeVar("T")

DRIFTLINE = Path(sys.executable).with_name("driftline")
DEADLINE = 120.0

# Stands in front of the real one: says that it began, and waits while it is told to hold.
WAITING_TERRAFORM = """#!/bin/sh
case " $* " in
*" {command} "*)
  echo $$ >> {folder}/begun
  while [ -e {folder}/hold ]; do sleep 0.05; done ;;
esac
exec {terraform} "$@"
"""


def until(look: Callable[[], T | None], what: str, seconds: float = DEADLINE) -> T:
    """What the look finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.03)
    raise AssertionError(f"no {what} within {seconds:g} s")


@dataclass
class Systemd:
    """The other end of NOTIFY_SOCKET."""

    address: str
    sock: socket.socket
    heard: list[dict[str, str]] = field(default_factory=list)

    def wait_for(self, name: str, value: str | None = None, seconds: float = DEADLINE) -> dict[str, str]:
        """The next message with this field."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.sock.settimeout(left)
            try:
                text = self.sock.recv(65536).decode()
            except TimeoutError:
                break
            message = dict(line.split("=", 1) for line in text.splitlines())
            self.heard.append(message)
            if name in message and value in {None, message[name]}:
                return message
        raise AssertionError(f"{name} was not said within {seconds:g} s, only {self.heard}")


@contextmanager
def systemd() -> Iterator[Systemd]:
    """A short path: the kernel takes 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="dl-") as folder:
        address = f"{folder}/notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.bind(address)
            yield Systemd(address, sock)


class Daemon:
    """In a session of its own, with what `subprocess.Popen` offers."""

    def __init__(self, made: Installation, env: Mapping[str, str]) -> None:
        argv = ("-c", str(made.config), "daemon")
        log = made.folder / "daemon.log"
        self._process = nursery().Process(target=_live, args=(log, argv, {**os.environ, **env}))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float = DEADLINE) -> int:
        self._process.join(timeout)
        assert self._process.exitcode is not None, f"it did not end within {timeout:g} s"
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def _live(log: Path, argv: Sequence[str], environment: Mapping[str, str]) -> None:
    os.setsid()
    with log.open("ab") as file:
        perform_into(file.fileno(), file.fileno(), argv, environment)


@contextmanager
def daemon(made: Installation, env: Mapping[str, str] | None = None) -> Iterator[Daemon]:
    """What is still alive at the end is killed, with all that it started."""
    process = Daemon(made, env or {})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@dataclass(frozen=True)
class Terraform:
    """The one that waits, and how to let it go."""

    folder: Path

    @property
    def hold(self) -> Path:
        return self.folder / "hold"

    @property
    def starts(self) -> int:
        """How often it has begun to wait."""
        begun = self.folder / "begun"
        return len(begun.read_text().split()) if begun.exists() else 0

    @property
    def pids(self) -> list[int]:
        """Of this machine: in its namespaces it has others. Empty before it has begun."""
        mark = f"{self.folder}/terraform\0".encode()
        begun = (self.folder / "begun").exists()
        found = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")] if begun else []
        return [pid for pid in found if mark in command_of(pid)]

    def kill(self) -> None:
        """With its whole session, as a machine that dies would."""
        for pid in self.pids:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(os.getpgid(pid), signal.SIGKILL)


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def waiting_terraform(made: Installation, command: str) -> Terraform:
    """Put it into the configuration; it holds before `command` until its file `hold` is removed."""
    folder = made.folder / "terraform"
    folder.mkdir()
    binary = folder / "terraform"
    real = shutil.which("terraform")
    binary.write_text(WAITING_TERRAFORM.format(command=command, folder=folder, terraform=real))
    binary.chmod(0o755)
    (folder / "hold").touch()
    made.configure(engines={"terraform": {"binary": str(binary)}})
    return Terraform(folder)


def runs(made: Installation, **where: Any) -> list[Run]:
    """Oldest first."""
    app = App.from_config(made.config)
    if not app.settings.data_dir.is_dir():
        return []
    try:
        with app.store.reading() as reader:
            return sorted(reader.runs(RunFilter(**where)), key=lambda run: run.id)
    finally:
        app.store.close()


def wait_for_run(made: Installation, state: str, seconds: float = DEADLINE) -> Run:
    def look() -> Run | None:
        return next((run for run in runs(made) if run.state == state), None)

    return until(look, f"run in state {state}", seconds)
