"""`driftline web` as a process of its own, and a client that asks it."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from benchmarks.installation import Installation
from runner.datadir.daemon_lock import running_web

DRIFTLINE = Path(sys.executable).with_name("driftline")
PATIENCE = 60.0
MEGABYTE = 1000 * 1000


@dataclass(frozen=True)
class Site:
    """`pid` is that of the process that serves: a child of the command."""

    installation: Installation
    token: str
    port: int
    pid: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": "text/html, application/json;q=0.9"}

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.address, headers=self.headers, timeout=PATIENCE)

    @property
    def memory(self) -> float:
        """Resident, in megabytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "VmRSS":
                return int(value.split()[0]) * 1024 / MEGABYTE
        raise RuntimeError(f"process {self.pid} has no memory")

    @property
    def threads(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self.pid}/task").iterdir())

    @property
    def descriptors(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def served(installation: Installation, token: str, folder: Path) -> Iterator[Site]:
    port = free_port()
    argv: list[str | Path] = [
        DRIFTLINE,
        "--config",
        installation.config,
        "web",
        "--listen",
        f"127.0.0.1:{port}",
    ]
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log)
        try:
            until_ready(port, process)
            yield Site(installation, token, port, _server(installation))
        except BaseException:
            sys.stderr.write((folder / "web.log").read_text())
            raise
        finally:
            process.terminate()
            process.wait()


def until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("the web server did not start")


def _server(installation: Installation) -> int:
    pid = running_web(installation.app.settings.data_dir)
    if pid is None:
        raise RuntimeError("no web server has the data directory")
    return pid
