"""What the settings of the web server must satisfy."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from runner.config.check import Complaint
from runner.config.match import stack_glob_complaints
from runner.model.settings.web import WebSettings, is_readable_on_the_way
from runner.model.values.loopback import is_loopback
from runner.model.values.regex import regex

READABLE = (
    "logins and tokens could be read on the way to it: set web.tls, or listen on 127.0.0.1 behind a proxy,"
    " or set web.insecure_http: true where the network is trusted"
)
ISSUER = "expected an https address, such as https://login.example.com: its keys decide who has logged in"
FORGEABLE = (
    "whoever is on the way to it could log in as anybody: use https,"
    " or set web.insecure_http: true where the network is trusted"
)
HIGHEST_PORT = 65535
_LISTEN = regex(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:/]+):[0-9]{1,5}")
_SUBJECT = regex(r"(token|unix|oidc:(user|sub|group)|forge:[^:]+):.+")


def web_complaints(of: WebSettings) -> Iterator[Complaint]:
    if of.listen is not None:
        yield from _listen_complaints(of, of.listen)
    if of.public_url is not None and not _is_address(of.public_url):
        yield Complaint(
            ("web", "public_url"),
            "expected an address as in a browser, such as https://driftline.example.com",
        )
    if of.oidc is not None:
        yield from _issuer_complaints(of.oidc.issuer, trusted=of.insecure_http)
    for index, proxy in enumerate(of.proxies):
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            yield Complaint(
                ("web", "proxies", index), "expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8"
            )
    if (of.tls.cert is None) != (of.tls.key is None):
        yield Complaint(("web", "tls"), "cert and key are needed together", got=False)
    for index, binding in enumerate(of.access):
        yield from stack_glob_complaints(("web", "access", index, "stacks"), binding.stacks)
        for number, subject in enumerate(binding.subjects):
            if _SUBJECT.fullmatch(subject) is None:
                yield Complaint(
                    ("web", "access", index, "subjects", number),
                    "expected token:NAME, unix:LOGIN, oidc:user:MAIL, oidc:sub:ID, oidc:group:NAME or forge:SOURCE:LOGIN",
                )


def _listen_complaints(of: WebSettings, listen: str) -> Iterator[Complaint]:
    if not _is_port_of_an_address(listen):
        yield Complaint(("web", "listen"), "expected an address and a port, such as 127.0.0.1:8470")
    elif not of.insecure_http and is_readable_on_the_way(of, listen):
        yield Complaint(("web", "listen"), READABLE, got=False)


def _is_port_of_an_address(listen: str) -> bool:
    return _LISTEN.fullmatch(listen) is not None and int(listen.rpartition(":")[2]) <= HIGHEST_PORT


def _issuer_complaints(issuer: str, *, trusted: bool) -> Iterator[Complaint]:
    """`trusted` says that nobody is on the way to it."""
    if not _is_address(issuer):
        yield Complaint(("web", "oidc", "issuer"), ISSUER)
    elif _is_forgeable(issuer) and not trusted:
        yield Complaint(("web", "oidc", "issuer"), FORGEABLE, got=False)


def _is_forgeable(issuer: str) -> bool:
    """Whether its keys come over a network without TLS."""
    parts = urlsplit(issuer)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def _is_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
