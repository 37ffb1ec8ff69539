"""Whose certificates are trusted. To read the machine's authorities takes as long as twenty requests: 50 ms."""

import ssl
from functools import cache
from urllib.parse import urlsplit

import httpx2


@cache
def of_machine() -> ssl.SSLContext:
    """Those of the machine, among them private ones, or those that SSL_CERT_FILE and SSL_CERT_DIR name."""
    return httpx2.create_ssl_context()


def for_url(url: str) -> ssl.SSLContext:
    """Plain http needs none, and follows nobody to https."""
    secure = urlsplit(url).scheme == "https"
    return of_machine() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
