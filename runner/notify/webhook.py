"""Webhooks as Standard Webhooks 1.1 signs them: https://www.standardwebhooks.com."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import os
import ssl
from collections.abc import Collection, Iterator
from dataclasses import field
from datetime import UTC, datetime
from urllib.parse import SplitResult, unquote, urlsplit

import httpx2

from runner import __version__
from runner.errors import NotDelivered
from runner.host import authorities
from runner.model.notify.document import event_document
from runner.model.notify.message import Message
from runner.model.values.frozen import dataclass
from runner.notify.reach import addresses, is_allowed

PREFIX = "whsec_"
SECONDS = 15.0  # for everything: a slow answer is a failure
TRIED = 3  # addresses of one host
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Webhook:
    """`url` has the secret as its user name."""

    name: str
    url: str = field(repr=False)
    source: str
    allowed: Collection[str] = ()

    def send(self, message: Message) -> None:
        parts, key = _parts(self.url, self.allowed), secret_of(self.url)
        body = json.dumps(event_document(message, self.name, self.source)).encode()
        at = int(datetime.now(UTC).timestamp())
        headers = {
            "content-type": "application/cloudevents+json",
            "user-agent": f"driftline/{__version__}",
            "webhook-id": message.key,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(key, message.key, at, body),
        }
        status = _status(parts, headers, body, self.allowed)
        if not 200 <= status < 300:
            moved = " and redirects, which is not followed" if 300 <= status < 400 else ""
            raise NotDelivered(f"{parts.hostname} answered {status}{moved}")

    def flaws(self) -> Iterator[str]:
        try:
            parts, _ = _parts(self.url, self.allowed), secret_of(self.url)
            addresses(parts.hostname or "", parts.port or _PORTS[parts.scheme], self.allowed)
        except NotDelivered as error:
            yield error.message


def signature(key: bytes, message: str, at: int, body: bytes) -> str:
    signed = hmac.digest(key, f"{message}.{at}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


def secret_of(url: str) -> bytes:
    """NotDelivered without one: an unsigned message could be from anybody."""
    text = unquote(urlsplit(url).username or "")
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True) if text.startswith(PREFIX) else b""
    except binascii.Error:
        key = b""
    if not 24 <= len(key) <= 64:
        raise NotDelivered(
            "the webhook needs a secret of 24 to 64 bytes: https://${cred:NAME}@HOST/PATH",
            hint=f'echo "{PREFIX}$(openssl rand -base64 32)"',
        )
    return key


def _parts(url: str, allowed: Collection[str]) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise NotDelivered("the address is not an https address")
    if parts.scheme != "https" and not is_allowed(host, allowed):
        raise NotDelivered(
            f"{host} is reached without TLS; to allow it, add {host} to notify.allow_hosts",
            hint="driftline config validate",
        )
    return parts


def _status(parts: SplitResult, headers: dict[str, str], body: bytes, allowed: Collection[str]) -> int:
    """Of the answer, whose body is not read."""
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    found = addresses(host, port, allowed)

    async def post() -> int:
        async with asyncio.timeout(SECONDS):
            return await _post(parts, found, headers, body)

    try:
        return asyncio.run(post())
    except TimeoutError:
        raise NotDelivered(f"{host} did not answer within {SECONDS:.0f} s") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise NotDelivered(f"{host} cannot be reached: {_kind(error)}") from None


def _kind(error: BaseException) -> str:
    """What went wrong, in words of the system: the text of the error itself may repeat the address."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not accepted: {cause.verify_message}"
        if isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError) and (cause.errno or 0) > 0:
            return os.strerror(cause.errno or 0)
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


async def _post(parts: SplitResult, found: list[str], headers: dict[str, str], body: bytes) -> int:
    """To the addresses that were judged: the name is not resolved again. No proxy, no redirect."""
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    spelled = f"[{host}]" if ":" in host else host
    own = {**headers, "host": spelled if port == _PORTS[parts.scheme] else f"{spelled}:{port}"}
    failure: httpx2.HTTPError | None = None
    async with httpx2.AsyncClient(
        verify=authorities.of_machine(), trust_env=False, follow_redirects=False, timeout=SECONDS
    ) as http:
        for address in found[:TRIED]:
            literal = f"[{address}]" if ":" in address else address
            url = parts._replace(netloc=f"{literal}:{port}", fragment="").geturl()
            try:
                async with http.stream(
                    "POST", url, content=body, headers=own, extensions={"sni_hostname": host}
                ) as answer:
                    return int(answer.status_code)
            except httpx2.ConnectError as error:
                failure = error
    raise failure or httpx2.ConnectError("no address")
