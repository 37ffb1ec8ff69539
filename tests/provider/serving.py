"""Serves a provider as go-plugin does, as soon as can be: terraform starts one two or three times for each plan.

Of Python only what is written in C: `ssl`, `socket`, `signal`, `threading` and `tempfile` take as long to import as Python to start, and
a library for gRPC five times as long.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _socket
import _ssl
import _thread
import os
import sys
import time

from provider.calls import Calls, called
from provider.coded import Message
from provider.frames import Frames, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from provider.plugin import Provider

CERTIFICATE = f"{os.path.dirname(__file__)}/provider.pem"
PREFIX, STDIO, SHUTDOWN = (
    b"/tfplugin6.Provider/",
    b"/plugin.GRPCStdio/StreamStdio",
    b"/plugin.GRPCController/Shutdown",
)
STOP = PREFIX + b"StopProvider"
METHODS = {PREFIX + called(name).encode(): name for name in vars(Calls) if name[0] != "_"}
WELL, UNKNOWN_ERROR = 0, 2
# sun_path holds 108 bytes (104 on macOS).
LONGEST_FOLDER = 80
SOCKET = "plugin.sock"
CHUNK = 1 << 16


def serve(provider: Provider, *, folder: str = "", follow: bool = True) -> NoReturn:
    """With its socket in the folder, which is removed at the end."""
    # Go providers ignore an interrupt that reaches the whole process group: Terraform tells them to stop.
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    if follow:
        _thread.start_new_thread(follow_parent, (os.getppid(),))
    folder = folder or make_folder()
    _signal.signal(_signal.SIGTERM, lambda *_: leave(folder))
    listening = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    listening.bind(f"{folder}/{SOCKET}")
    listening.listen(16)
    context = _ssl._SSLContext(_ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    context._set_alpn_protocols(b"\x02h2")  # type: ignore[attr-defined]
    announce(f"{folder}/{SOCKET}")
    calls = Calls(provider)
    while True:
        accepted, _ = listening._accept()  # type: ignore[attr-defined]
        _thread.start_new_thread(Connection(accepted, context, calls, folder).serve, ())


def follow_parent(parent: int) -> None:
    """A provider whose Terraform was killed ends by itself, as the ones written in Go do."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os.kill(os.getpid(), _signal.SIGTERM)


def make_folder(within: str = "") -> str:
    within = within or os.environ.get("TMPDIR") or "/tmp"
    if len(within) > LONGEST_FOLDER:
        within = "/var/tmp"  # not /tmp, in which most tests have the data that a run is kept from
    made = f"{within}/{os.urandom(4).hex()}"
    os.mkdir(made, 0o700)
    return made


def announce(path: str) -> None:
    with open(CERTIFICATE, encoding="ascii") as file:
        certificate = file.read().partition("-----BEGIN CERTIFICATE-----")[2].partition("-")[0]
    line = "|".join(("1", "6", "unix", path, "grpc", "".join(certificate.split()).rstrip("=")))
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def leave(folder: str) -> NoReturn:
    """Calls in flight are dropped, as terraform expects it of a provider that is told to stop."""
    try:
        os.unlink(f"{folder}/{SOCKET}")
    except OSError:
        pass  # who is connected may have removed it
    try:
        os.rmdir(folder)
    except OSError:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


class Connection:
    def __init__(self, accepted: int, context: _ssl._SSLContext, calls: Calls, folder: str) -> None:
        self._socket = _socket.socket(fileno=accepted)
        self._came, self._going = _ssl.MemoryBIO(), _ssl.MemoryBIO()
        self._tls = context._wrap_bio(  # type: ignore[attr-defined]
            self._came, self._going, server_side=True
        )
        self._frames = Frames({*METHODS, STDIO, SHUTDOWN})
        self._calls = calls
        self._folder = folder
        self._lock = _thread.allocate_lock()

    def serve(self) -> None:
        try:
            self._greet()
            self._take(b"")  # what came with the last of the greeting
            while data := self._socket.recv(CHUNK):
                self._take(data)
        except (OSError, _ssl.SSLError):
            pass  # the other side is gone
        self._socket.close()

    def _greet(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except _ssl.SSLWantReadError:
                self._send()
                data = self._socket.recv(CHUNK)
                if not data:
                    raise BrokenPipeError from None
                self._came.write(data)
            else:
                return

    def _take(self, data: bytes) -> None:
        with self._lock:
            self._came.write(data)
            asked: list[tuple[int, Stream]] = []
            while True:
                try:
                    plain = self._tls.read(CHUNK)
                except _ssl.SSLWantReadError:
                    break
                if not plain:
                    break
                asked += self._frames.receive(plain)
            self._flush()
        for number, stream in asked:
            # One that waits must not hold up the others.
            _thread.start_new_thread(self._answer, (number, stream))

    def _answer(self, number: int, stream: Stream) -> None:
        message, status, said = self._called(stream)
        try:
            with self._lock:
                self._frames.answer(number, message, status, said)
                self._flush()
        except (OSError, _ssl.SSLError):
            pass  # the other side is gone
        if stream.method in {SHUTDOWN, STOP}:
            leave(self._folder)

    def _called(self, stream: Stream) -> tuple[bytes | None, int, str]:
        if stream.method == STDIO:
            return None, WELL, ""  # nothing of its output is passed on
        if stream.method == SHUTDOWN:
            return b"", WELL, ""
        try:
            call = getattr(self._calls, METHODS[stream.method])
            return call(Message(bytes(stream.request[5:]))), WELL, ""
        except Exception as error:  # noqa: BLE001 - whatever a test has it do
            import traceback

            traceback.print_exc()
            return None, UNKNOWN_ERROR, f"Exception calling application: {error}"

    def _flush(self) -> None:
        if self._frames.out:
            self._tls.write(bytes(self._frames.out))
            self._frames.out.clear()
        self._send()

    def _send(self) -> None:
        while data := self._going.read():
            self._socket.sendall(data)
