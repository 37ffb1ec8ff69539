"""The line to the server while a run is executed: heartbeats, its log as it grows, and requests to stop."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from runner.errors import DriftlineError, LeaseOver, LogAhead, ServerUnreachable
from runner.host.log import log
from runner.model.work.lease import BEAT_SECONDS
from runner.model.work.protocol import LogEnd
from runner.pool.client import WorkClient
from runner.pool.ledger import Entry

LOOK_SECONDS = 0.5  # how often the log is sent
PIECE = 256 * 1024


@dataclass
class Line:
    """`log` continues the server's at `logged`. `stop` is what executing commands obey. A worker that was given up stops its plan; an apply goes on to its end."""

    client: WorkClient
    run: int
    fence: int
    log: Path
    logged: int
    beat_seconds: float
    stop: threading.Event
    lost: threading.Event = field(default_factory=threading.Event)
    now: Callable[[], float] = time.monotonic
    _sent: int = 0
    _beaten: float = 0.0
    _hung_up: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @classmethod
    def of(cls, client: WorkClient, entry: Entry, log_file: Path, stop: threading.Event) -> "Line":
        return cls(client, entry.job.run, entry.fence, log_file, entry.logged, BEAT_SECONDS, stop)

    def open(self) -> None:
        self._beaten = self.now()
        self._thread = threading.Thread(target=self._attend, name="line", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """After the run: send what is left of its log. What cannot be sent now is sent with the result."""
        self._hung_up.set()
        if self._thread is not None:
            self._thread.join()

    def _attend(self) -> None:
        while not self._hung_up.wait(LOOK_SECONDS):
            self._try(self._send_log)
            if self.now() - self._beaten >= self.beat_seconds:
                self._beaten = self.now()
                self._try(self._beat)

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except LeaseOver as over:
            if not self.lost.is_set():
                log.warning("work.lease_over", run=f"run-{self.run}", problem=over.message)
            self.lost.set()
            self.stop.set()
        except ServerUnreachable:
            pass  # the next attempt is near
        except DriftlineError as error:
            log.warning("work.line", run=f"run-{self.run}", problem=error.message)

    def _beat(self) -> None:
        if self.client.beat(self.run, self.fence).cancel:
            self.stop.set()

    def send_log(self) -> None:
        """All of it; raises what the server says."""
        while self._send_log():
            pass

    def end_of_log(self) -> LogEnd | None:
        """What is left of it, for the result: the line is closed. Earlier pieces are sent; raises what the server says."""
        while len(piece := self._piece()) == PIECE:
            self._send(piece)
        return LogEnd.of(self.logged + self._sent, piece) if piece else None

    def _send_log(self) -> bool:
        """One piece; whether there is more."""
        piece = self._piece()
        return bool(piece) and self._send(piece)

    def _piece(self) -> bytes:
        try:
            with self.log.open("rb") as file:
                file.seek(self._sent)
                return file.read(PIECE)
        except FileNotFoundError:
            return b""

    def _send(self, piece: bytes) -> bool:
        try:
            self._sent = (
                self.client.append_log(self.run, self.fence, self.logged + self._sent, piece) - self.logged
            )
        except LogAhead as ahead:
            # The server lost what it had, or another one answers.
            self._sent = max(0, int(str(ahead.facts["size"])) - self.logged)
        return True
