"""A host of a worker: a network namespace, its link to the server's host, and the worker's processes."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from crashes import kill

DRIFTLINE = Path(sys.executable).with_name("driftline")


def ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True, capture_output=True)


def started(argv: tuple[str | Path, ...], said: Path) -> "subprocess.Popen[bytes]":
    """A process whose death is no death of ours."""
    env = {**os.environ, "C_FORCE_ROOT": "1"}
    with said.open("ab") as log:
        return subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, start_new_session=True
        )


@dataclass
class Host:
    root: Path
    number: int
    ports: tuple[int, int]  # of the server, and of the broker
    settings: dict[str, object]
    _relay: "subprocess.Popen[bytes] | None" = None
    _worker: "subprocess.Popen[bytes] | None" = None
    kills: int = field(default=0)

    @property
    def name(self) -> str:
        return f"w-{self.number}"

    @property
    def space(self) -> str:
        return f"dl-{os.getpid()}-{self.number}"

    @property
    def link(self) -> str:
        return f"dl{os.getpid() % 100000}-{self.number}"

    @property
    def config(self) -> Path:
        return self.root / f"{self.name}.yaml"

    def build(self) -> None:
        server, own = f"10.77.{self.number}.1", f"10.77.{self.number}.2"
        ip("netns", "add", self.space)
        ip("link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.space)
        ip("addr", "add", f"{server}/24", "dev", self.link)
        ip("link", "set", self.link, "up")
        ip("-n", self.space, "addr", "add", f"{own}/24", "dev", "eth0")
        for name in ("lo", "eth0"):
            ip("-n", self.space, "link", "set", name, "up")
        self.config.write_text(json.dumps(self.settings))
        self.config.chmod(0o600)
        program, ports = Path(__file__).with_name("relay.py"), map(str, self.ports)
        relay: tuple[str | Path, ...] = (*self._inside, sys.executable, program, server, *ports)
        self._relay = started(relay, self.root / f"{self.name}.relay.log")

    @property
    def _inside(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.space)

    def start(self) -> None:
        argv: tuple[str | Path, ...] = (*self._inside, DRIFTLINE, "-c", self.config, "worker")
        self._worker = started(argv, self.root / f"{self.name}.log")

    def keep(self) -> None:
        """As its unit does."""
        if self._worker is not None and self._worker.poll() is not None:
            self.start()

    def cut(self) -> None:
        ip("link", "set", self.link, "down")

    def mend(self) -> None:
        ip("link", "set", self.link, "up")

    def processes(self) -> list[int]:
        """Of Driftline itself: what listens, and what executes or finishes a run."""
        mark, found = str(self.config).encode(), []
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = file.read_bytes().split(b"\0")
                if mark in words and b"worker" in words:
                    found.append(int(file.parent.name))
        return found

    def kill_one(self, pid: int) -> None:
        self.kills += 1
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def kill_all(self) -> None:
        """With shims and terraform, as a host that loses its power."""
        self.kills += 1
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self._worker is not None
        kill.everything(self._worker, Path(str(self.settings["data_dir"])))

    def remove(self) -> None:
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in (self._worker, self._relay):
            if process is not None:
                process.kill()
                process.wait()
        subprocess.run(("ip", "netns", "del", self.space), check=False)
