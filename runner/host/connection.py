"""A connection to a Driftline server: how it is opened, and what goes wrong on the way there."""

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
        reason, hint = str(error) or type(error).__name__, None
        if _SPEAKS_NO_TLS in reason:
            reason = "it answers without TLS"
            hint = "use http://, or the address of the proxy in front of it"
        raise ServerUnreachable(url=url, reason=reason, hint=hint) from error
