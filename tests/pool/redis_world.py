"""A Redis of its own, whose data ends with it."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from applied_once import until


@dataclass
class Redis:
    folder: Path
    port: int
    pem: Path | None = None  # a key and its certificate: TLS alone
    password: str = ""
    keeps: bool = False  # every command that ever changed anything, in `appendonlydir` of its folder
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        login = self.password and f":{self.password}@"
        return f"redis{'' if self.pem is None else 's'}://{login}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        listens = ["--port", str(self.port)]
        if self.pem is not None:
            listens = ["--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no"]
            listens += ["--tls-cert-file", str(self.pem), "--tls-key-file", str(self.pem)]
        keeps = ["--appendonly", "yes"] if self.keeps else []
        login = ["--requirepass", self.password] if self.password else []
        argv = ["redis-server", *listens, *keeps, *login, "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        until(self.answers, "redis does not answer")

    def answers(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self) -> None:
        """With all its data."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextmanager
def running(
    folder: Path, pem: Path | None = None, *, password: str = "", keeps: bool = False
) -> Iterator[Redis]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Redis(folder, port, pem, password, keeps)
    made.start()
    try:
        yield made
    finally:
        made.end()
