"""The shim, bare: started by hand, with its input and output files."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Any

from process_world import is_alive, wait_until

from runner.process.detached import SHIM, Files


@dataclass(frozen=True)
class Bench:
    """A folder for one apply."""

    folder: Path

    @property
    def files(self) -> Files:
        return Files(self.folder / "receipts" / "digest.json", self.folder / "control")

    @property
    def result(self) -> dict[str, Any] | None:
        return read(self.files.result)

    @property
    def receipt(self) -> dict[str, Any] | None:
        return read(self.files.receipt)

    @contextmanager
    def shim(
        self, *argv: str, env: Mapping[str, str] | None = None, pass_fds: tuple[int, ...] = ()
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """What is still alive at the end is killed, with its whole group."""
        for folder in (self.files.receipt.parent, self.files.control):
            folder.mkdir(mode=0o700, exist_ok=True)
        order = {
            "receipt": str(self.files.receipt),
            "result": str(self.files.result),
            "stop": str(self.files.stop),
            "facts": {"run": "run-7"},
        }
        with self.files.stdout.open("ab") as stdout, self.files.stderr.open("ab") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", SHIM, json.dumps(order), *argv],
                cwd=self.folder,
                env={"PATH": os.defpath, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                pass_fds=pass_fds,
            )
        try:
            yield process
        finally:
            # Not reaped before, so that the id cannot be somebody else's group.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, SIGKILL)
            process.wait()

    def through(self, *argv: str, env: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """From the start of the shim to its end; the result that it left."""
        with self.shim(*argv, env=env) as process:
            ended(process)
        return self.result

    def said(self) -> str:
        return self.files.stdout.read_text()

    def pid_in(self, name: str) -> int:
        """Of a process that wrote it there."""
        path = self.folder / name
        wait_until(lambda: path.exists() and path.read_text().endswith("\n"), f"{name} is written")
        return int(path.read_text())


def ended(process: "subprocess.Popen[bytes]") -> None:
    """Wait without reaping it."""
    wait_until(lambda: not is_alive(process.pid), "the shim has ended")


def read(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return found


def python(script: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", script)


STRACE = shutil.which("strace")
