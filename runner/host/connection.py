"""A connection to a Driftline server: how it is opened, and what goes wrong on the way there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx2

from runner import __version__
from runner.errors import ServerUnreachable
from runner.host import authorities
from runner.model.values.loopback import is_loopback

# In what OpenSSL says when the other side answers https with plain http.
_SPEAKS_NO_TLS = "WRONG_VERSION_NUMBER"
# What OpenSSL says of a certificate, without where in its own code.
_REFUSED = re.compile(r"certificate verify failed: (.+?)\.?(?: \(_ssl|$)")
_OF_AN_UNKNOWN_AUTHORITY = ("self-signed", "unable to get")
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")


def open_connection(url: str, token: str | None, seconds: float) -> httpx2.Client:
    """`seconds` limits each answer."""
    headers = {"User-Agent": f"driftline/{__version__}"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return httpx2.Client(
        base_url=url,
        headers=headers,
        timeout=seconds,
        verify=authorities.for_url(url),
        trust_env=not is_plain_and_local(url),
    )


def is_plain_and_local(url: str) -> bool:
    """Nothing encrypts the token then, so it must not leave this host, not even through a proxy of the environment."""
    parts = urlsplit(url)
    return parts.scheme == "http" and is_loopback(parts.hostname or "")


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Turns what the library raises into ServerUnreachable."""
    try:
        yield
    except httpx2.UnsupportedProtocol as error:
        raise ServerUnreachable(url=url, reason="it has no scheme", hint=f"https://{url}") from error
    except httpx2.HTTPError as error:
        reason, hint = _why(str(error) or type(error).__name__)
        raise ServerUnreachable(url=url, reason=reason, hint=hint) from error


def _why(said: str) -> tuple[str, str | None]:
    """In words, and what helps where that is more than to look at the address."""
    if _SPEAKS_NO_TLS in said:
        return "it answers without TLS", "use http://, or the address of the proxy in front of it"
    if (refused := _REFUSED.search(said)) is not None:
        unknown = refused[1].startswith(_OF_AN_UNKNOWN_AUTHORITY)
        hint = "if the authority is your own, name its certificate in SSL_CERT_FILE" if unknown else None
        return f"its certificate is not accepted: {refused[1]}", hint
    return _ERRNO.sub("", said), None
