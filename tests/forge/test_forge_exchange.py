"""The wire below all forges: certificates and time."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from forge_opening import HandClock

from runner.errors import ForgeUnreachable
from runner.forge.connection import Connection
from runner.forge.credentials import Token
from runner.forge.exchange import Answer, Exchange, Message, NoAnswer

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For 127.0.0.1, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "forge")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + pem)
    return path


@contextmanager
def answering(*pieces: bytes, tls: Path | None = None, drips: bool = False) -> Iterator[str]:
    """Sends the pieces to each client; with `drips` the last one again and again, until the client is gone."""
    over = Event()

    def serve(listener: socket.socket) -> None:
        while not over.is_set():
            try:
                client, _ = listener.accept()
                if tls is not None:
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(tls)
                    client = context.wrap_socket(client, server_side=True)
                with client:
                    client.recv(65536)
                    for piece in pieces:
                        client.sendall(piece)
                    while drips and not over.wait(0.01):
                        client.sendall(pieces[-1])
            except OSError:
                continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            with socket.create_connection(listener.getsockname()):
                pass
            thread.join()


def asked(url: str, ca: Path | None = None, total: float = 30.0) -> object:
    with closing(Exchange(url, ca, total)) as exchange:
        return exchange(Message("GET", url)).data()


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    with (
        answering(ANSWER, tls=certificate) as url,
        pytest.raises(NoAnswer, match="certificate verify failed"),
    ):
        asked(url)


def test_a_private_authority_can_be_trusted(certificate: Path) -> None:
    with answering(ANSWER, tls=certificate) as url:
        assert asked(url, certificate) == []


def test_a_certificate_for_another_host_is_refused(certificate: Path) -> None:
    with (
        answering(ANSWER, tls=certificate) as url,
        pytest.raises(NoAnswer, match="certificate verify failed"),
    ):
        asked(url.replace("127.0.0.1", "localhost"), certificate)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_authorities_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(NoAnswer, match=r"forge\.ca cannot be read"):
        asked("https://127.0.0.1:1", path)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "pieces",
    [(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n"), (HEAD + b"Content-Length: 9999999\r\n\r\n", b" ")],
    ids=["headers", "body"],
)
def test_an_answer_that_drips_is_given_up(pieces: tuple[bytes, ...]) -> None:
    with answering(*pieces, drips=True) as url, pytest.raises(NoAnswer, match=r"longer than 0.3 s"):
        asked(url, total=0.3)


def test_headers_without_end_are_refused() -> None:
    with answering(HEAD, b"X-Long: " + b"x" * 2**20) as url, pytest.raises(NoAnswer):
        asked(url)


def test_a_server_that_speaks_something_else_is_no_forge() -> None:
    with answering(b"SSH-2.0-OpenSSH_9.2\r\n") as url, pytest.raises(NoAnswer):
        asked(url)


@pytest.mark.parametrize("page", ["@forge.invalid/more", ".forge.invalid/more", "x@forge.invalid"])
def test_a_next_page_does_not_continue_the_name_of_the_host(page: str) -> None:
    """The token would go to whom the answer names."""
    asked: list[str] = []

    class Pages(Exchange):
        def __call__(self, message: Message) -> Answer:
            asked.append(message.url)
            return Answer(200, {"link": f'<{page}>; rel="next"'}, b"[]")

    base = "https://api.example.com"
    to = Connection("infra", base, Token("t0ken"), Pages(base), HandClock())
    with pytest.raises(ForgeUnreachable, match="another host"):
        list(to.pages("/pulls"))
    assert asked == [f"{base}/pulls"]
