"""The web server: where it listens, and who may do what there."""

from dataclasses import field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from runner.model.access.access import Binding
from runner.model.stack.definition import STRICT
from runner.model.values.frozen import dataclass
from runner.model.values.loopback import listens_on_loopback
from runner.model.values.span import Seconds

HALF_A_DAY = Seconds(12 * 3600)


@dataclass(frozen=True)
class TlsSettings:
    """Both or none."""

    __pydantic_config__: ClassVar[Any] = STRICT
    cert: Path | None = None
    key: Path | None = None


NO_TLS = TlsSettings()


@dataclass(frozen=True)
class OidcSettings:
    """Without a client secret, the client is a public one."""

    __pydantic_config__: ClassVar[Any] = STRICT
    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    groups_claim: str = "groups"


@dataclass(frozen=True)
class WebSettings:
    """Without `listen` the daemon starts no web server."""

    __pydantic_config__: ClassVar[Any] = STRICT
    listen: str | None = None
    public_url: str | None = None
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    tls: TlsSettings = NO_TLS
    insecure_http: bool = False
    oidc: OidcSettings | None = None
    session: Seconds = HALF_A_DAY
    access: tuple[Binding, ...] = ()


NOT_SERVED = WebSettings()


def web_address(web: WebSettings) -> str | None:
    """Where people find it: its public address, else where it listens."""
    if web.public_url is not None or web.listen is None:
        return web.public_url
    return f"{'https' if web.tls.cert else 'http'}://{web.listen}"


def is_readable_on_the_way(web: WebSettings, listen: str) -> bool:
    """Whether other hosts reach it without TLS, so that logins and tokens can be read between them and this host."""
    encrypted = web.tls.cert is not None or urlsplit(web.public_url or "").scheme == "https"
    return not encrypted and not listens_on_loopback(listen)
