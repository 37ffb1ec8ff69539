"""What the settings of the web server must satisfy."""

import ipaddress
from collections.abc import Iterator

from runner.config.check import Complaint
from runner.model.settings.web import WebSettings


def web_complaints(of: WebSettings) -> Iterator[Complaint]:
    for index, proxy in enumerate(of.proxies):
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            yield Complaint(
                ("web", "proxies", index), "expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8"
            )
    if (of.tls.cert is None) != (of.tls.key is None):
        yield Complaint(("web", "tls"), "cert and key are needed together", got=False)
