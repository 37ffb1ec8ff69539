"""What the settings of the web server must satisfy."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from runner.config.check import Complaint
from runner.config.match import stack_glob_complaints
from runner.model.settings.web import WebSettings, is_readable_on_the_way
from runner.model.values.regex import regex

READABLE = (
    "logins and tokens could be read on the way to it: set web.tls, or listen on 127.0.0.1 behind a proxy,"
    " or set web.insecure_http: true where the network is trusted"
)
HIGHEST_PORT = 65535
_LISTEN = regex(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:/]+):[0-9]{1,5}")
_SUBJECT = regex(r"(token|unix|oidc:(user|sub|group)|forge:[^:]+):.+")


def web_complaints(of: WebSettings) -> Iterator[Complaint]:
    if of.listen is not None and not _is_port_of_an_address(of.listen):
        yield Complaint(("web", "listen"), "expected an address and a port, such as 127.0.0.1:8470")
    elif of.listen is not None and not of.insecure_http and is_readable_on_the_way(of, of.listen):
        yield Complaint(("web", "listen"), READABLE, got=False)
    if of.public_url is not None and not _is_address(of.public_url):
        yield Complaint(
            ("web", "public_url"),
            "expected an address as in a browser, such as https://driftline.example.com",
        )
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


def _is_port_of_an_address(listen: str) -> bool:
    return _LISTEN.fullmatch(listen) is not None and int(listen.rpartition(":")[2]) <= HIGHEST_PORT


def _is_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
