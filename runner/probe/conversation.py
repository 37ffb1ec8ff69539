"""The daemon's conversation with the proxy about one check, and the processes started for it."""

import json
import socket
import threading
import time
from base64 import b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from select import select
from typing import Any

from runner.model.values.frozen import dataclass
from runner.probe.installed import Installed
from runner.probe.launch import Launched, launch
from runner.process.metering import Meter, current
from runner.process.run import Command

TICK = 0.005  # while a provider starts
LOOK_SECONDS = 1.0
START_SECONDS = 30.0
END_SECONDS = 5.0


class ProbeFailed(Exception):
    """The probe could not be set up or was not answered to the end"""


@dataclass(frozen=True)
class Seen:
    """The results of one check's calls, over all its providers."""

    calls: Mapping[str, int]
    types: Mapping[
        str, tuple[str, ...]
    ]  # that each provider was asked about: `resource aws_vpc`, `data aws_vpc`
    processes: int
    trouble: tuple[str, ...]
    recorded: bytes | None = None  # see `runner.probe.recording`


@dataclass
class Talk:
    """The conversation about one check, in a thread that starts the requested processes."""

    socket: socket.socket
    folder: Path  # which no run can write to
    providers: Sequence[Installed]
    command: Command
    hangs: bool = False  # the proxy did not answer at the end
    _meter: Meter | None = field(default_factory=current)  # of the check whose thread creates this
    _launched: list[Launched] = field(default_factory=list)
    _starting: list[tuple[int, float, Launched]] = field(default_factory=list)
    _protocols: dict[int, int] = field(default_factory=dict)
    _failed: list[str] = field(default_factory=list)
    _seen: list[dict[str, Any]] | None = None
    _recorded: bytes | None = None
    _moved: threading.Condition = field(default_factory=threading.Condition)

    def begin(self) -> None:
        self._thread = threading.Thread(target=self._listen, name="probe", daemon=True)
        self._thread.start()

    def admit(self, pid: int) -> None:
        """Each engine command leads its own session."""
        self._say({"session": pid})

    def protocol(self, number: int) -> int:
        """The protocol of the first requested process."""
        until = time.monotonic() + START_SECONDS
        with self._moved:
            while number not in self._protocols:
                if self._failed or not self._moved.wait(until - time.monotonic()):
                    reason = "; ".join(self._failed) or "it did not start in time"
                    raise ProbeFailed(f"{self.providers[number].name}: {reason}")
            return self._protocols[number]

    def end(self) -> Seen | None:
        """End all provider processes; None if the proxy is gone."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
        self._thread.join(END_SECONDS)
        self.hangs = self._thread.is_alive()
        self.socket.close()
        self._thread.join()
        for launched in self._launched:
            launched.end()
            if self._meter is not None:
                self._meter.beside.discard(launched.process.pid)
        if self._seen is None:
            return None
        calls: dict[str, int] = {}
        for one in self._seen:
            for name, count in one["calls"].items():
                calls[name] = calls.get(name, 0) + count
        return Seen(
            calls=calls,
            types={
                provider.address: tuple(one["types"])
                for provider, one in zip(self.providers, self._seen, strict=True)
            },
            processes=sum(one["processes"] for one in self._seen),
            trouble=(*self._failed, *(trouble for one in self._seen for trouble in one["trouble"])),
            recorded=self._recorded,
        )

    # Thread

    def _listen(self) -> None:
        rest = b""
        try:
            while True:
                wait = TICK if self._starting else LOOK_SECONDS
                readable, _, _ = select([self.socket], [], [], wait)
                if readable:
                    part = self.socket.recv(1 << 16)
                    if not part:
                        break
                    *lines, rest = (rest + part).split(b"\n")
                    for line in lines:
                        self._heard(json.loads(line))
                self._look()
        except (OSError, ValueError) as error:
            self._fail(f"the proxy cannot be understood: {error}")
        if self._seen is None:
            self._fail("the proxy has exited")

    def _heard(self, message: dict[str, Any]) -> None:
        match message:
            case {"want": int(number), "certificate": str(certificate)}:
                self._start(number, certificate)
            case {"seen": seen, "recorded": recorded}:
                self._seen = seen
                self._recorded = None if recorded is None else b64decode(recorded)

    def _start(self, number: int, certificate: str) -> None:
        installed = self.providers[number]
        stdout = self.folder / f"handshake-{len(self._launched)}"
        try:
            launched = launch(installed, self.command, stdout, certificate)
        except OSError as error:
            self._refuse(number, f"{installed.name} could not be started: {error}")
            return
        self._launched.append(launched)
        if self._meter is not None:
            self._meter.beside.add(launched.process.pid)
        self._starting.append((number, time.monotonic() + START_SECONDS, launched))

    def _look(self) -> None:
        """Read handshakes of starting processes, and stop processes that print too much."""
        for one in list(self._starting):
            number, until, launched = one
            try:
                handshake = launched.handshake(late=time.monotonic() > until)
            except (ChildProcessError, OSError) as error:
                self._starting.remove(one)
                self._refuse(number, f"{self.providers[number].name}: {error}")
                continue
            if handshake is not None:
                self._starting.remove(one)
                self._say(
                    {
                        "ready": number,
                        "protocol": handshake.protocol,
                        "path": handshake.path,
                        "certificate": handshake.certificate,
                    }
                )
                with self._moved:
                    self._protocols.setdefault(number, handshake.protocol)
                    self._moved.notify_all()
        for launched in self._launched:
            if launched.babbles:
                launched.kill()

    def _refuse(self, number: int, reason: str) -> None:
        self._say({"failed": number, "reason": reason})
        self._fail(reason)

    def _fail(self, reason: str) -> None:
        with self._moved:
            self._failed.append(reason)
            self._moved.notify_all()

    def _say(self, message: dict[str, Any]) -> None:
        # If the proxy is gone, terraform's connections are too, and the check fails.
        with suppress(OSError):
            self.socket.sendall(json.dumps(message).encode() + b"\n")
