"""Whose certificates are trusted."""

import ssl
from collections.abc import Iterator

import httpx2
import pytest

from runner.host import authorities


@pytest.fixture(autouse=True)
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ssl.SSLContext]]:
    """What was read of the machine."""
    read: list[ssl.SSLContext] = []

    def reading() -> ssl.SSLContext:
        read.append(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        return read[-1]

    monkeypatch.setattr(httpx2, "create_ssl_context", reading)
    authorities.of_machine.cache_clear()
    yield read
    authorities.of_machine.cache_clear()


def test_the_machines_are_read_once(reads: list[ssl.SSLContext]) -> None:
    assert authorities.for_url("https://one") is authorities.for_url("HTTPS://other")
    assert len(reads) == 1


def test_plain_http_reads_none_and_trusts_nobody(reads: list[ssl.SSLContext]) -> None:
    context = authorities.for_url("http://127.0.0.1:8470")
    assert not reads
    assert not context.get_ca_certs()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
