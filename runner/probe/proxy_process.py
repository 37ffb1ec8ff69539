"""The proxy process: started on first use, and again whenever it is gone."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runner.probe.conversation import ProbeFailed
from runner.process.run import Command, make_output, start

SERVER = Path(__file__).with_name("server.py")


class ProxyProcess:
    """It gets none of our environment; each order brings what a check needs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guard = threading.Lock()
        self._orders: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def order(self, order: dict[str, Any], sockets: Sequence[socket.socket]) -> None:
        """Hand over a check with its sockets; ProbeFailed if it accepts none."""
        packet, descriptors = json.dumps(order).encode(), [one.fileno() for one in sockets]
        failure: Exception | None = None
        with self._guard:
            for _ in range(2):
                try:
                    socket.send_fds(self._running(), [packet], descriptors)
                except (OSError, ValueError) as error:
                    failure = error
                    self._end()
                else:
                    return
        raise ProbeFailed(f"the proxy takes no order: {failure}")

    def close(self) -> None:
        """End it; running checks fail, and are done plainly."""
        with self._guard:
            self._end()

    def _running(self) -> socket.socket:
        """The socket for orders."""
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None or self._orders is None:
            self._begin()
        assert self._orders is not None
        return self._orders

    def _begin(self) -> None:
        # Packets, so that an order and its descriptors arrive together.
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._orders = ours
        command = Command(
            argv=(sys.executable, "-I", str(SERVER), str(theirs.fileno())),
            cwd=self._folder,
            env={"PATH": os.defpath, "GRPC_VERBOSITY": "NONE"},
            stdout=self._folder / "proxy.stdout",
            stderr=self._folder / "proxy.stderr",
            pass_fds=(theirs.fileno(),),
        )
        with theirs:
            make_output(command)
            self._process = start(command).leader

    def _end(self) -> None:
        if self._orders is not None:
            self._orders.close()
            self._orders = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
