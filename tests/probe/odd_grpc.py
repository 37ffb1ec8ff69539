"""A provider that answers calls as a test says, over real TLS and HTTP/2, in a thread beside the test."""

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, StreamEnded
from h2.exceptions import ProtocolError

from runner.probe.protocol import Handshake

HEADERS = [(b":status", b"200"), (b"content-type", b"application/grpc")]


@dataclass
class Answering:
    """One connection, and the stream of the call to answer."""

    http: H2Connection
    stream: int
    wire: ssl.SSLSocket

    def message(self, content: bytes, *, compressed: bool = False, length: int | None = None) -> None:
        self.http.send_headers(self.stream, HEADERS)
        self.part(bytes([compressed]) + (len(content) if length is None else length).to_bytes(4) + content)

    def part(self, data: bytes) -> None:
        """As soon as the client grants room for it."""
        while data:
            room = min(self.http.local_flow_control_window(self.stream), self.http.max_outbound_frame_size)
            if room:
                self.http.send_data(self.stream, data[:room])
                data = data[room:]
                self.flush()
            else:
                self.http.receive_data(self.wire.recv(1 << 16))

    def trailers(self, status: bytes | None = b"0", said: bytes = b"") -> None:
        rows = [(b"grpc-status", status)] if status is not None else []
        self.http.send_headers(self.stream, [*rows, (b"grpc-message", said)], end_stream=True)

    def flush(self) -> None:
        self.wire.sendall(self.http.data_to_send())


PATIENCE = 5.0
Behaviour = Callable[[Answering], None]


def well(answering: Answering) -> None:
    answering.message(b"an answer")
    answering.trailers()


@contextmanager
def provider(folder: Path, behaviour: Behaviour = well) -> Iterator[Handshake]:
    """Its handshake. It serves one connection after the other, until the client closes each."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2"])
    presented = _identify(context, folder / "certificate")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "provider"))
    listener.listen()
    thread = threading.Thread(target=_serve, args=(listener, context, behaviour), daemon=True)
    thread.start()
    try:
        yield Handshake(6, str(folder / "provider"), base64.b64encode(presented).decode())
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _identify(context: ssl.SSLContext, file: Path) -> bytes:
    """The certificate as DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
    context.load_cert_chain(file)
    return certificate.public_bytes(Encoding.DER)


def _serve(listener: socket.socket, context: ssl.SSLContext, behaviour: Behaviour) -> None:
    with suppress(OSError):
        while True:
            plain, _ = listener.accept()
            plain.settimeout(PATIENCE)
            with suppress(OSError, ProtocolError), context.wrap_socket(plain, server_side=True) as wire:
                _answer_all(wire, behaviour)


def _answer_all(wire: ssl.SSLSocket, behaviour: Behaviour) -> None:
    http = H2Connection(H2Configuration(client_side=False, header_encoding=None))
    http.initiate_connection()
    wire.sendall(http.data_to_send())
    while data := wire.recv(1 << 16):
        for event in http.receive_data(data):
            if isinstance(event, DataReceived):
                http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if isinstance(event, StreamEnded):
                behaviour(Answering(http, event.stream_id, wire))
        wire.sendall(http.data_to_send())
