"""The forges, and how each is reached. A forge is a module and a row here."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from runner.errors import ExtraMissing, ForgeUnreachable
from runner.forge.api import Api
from runner.forge.connection import Connection
from runner.forge.credentials import Credentials, Token
from runner.forge.exchange import Exchange, NoAnswer
from runner.forge.github_app import AppToken
from runner.forge.repository import Repository
from runner.host.clock import SystemClock
from runner.model.forge.address import forge_address
from runner.model.settings.forge import ForgeSettings
from runner.model.settings.source import SourceSettings
from runner.model.values.frozen import dataclass
from runner.ports.basics import Clock


@dataclass(frozen=True)
class Row:
    """`module` and the class in it that speaks the forge's API; where that is, by the address of the pages."""

    module: str
    api: str
    base: Callable[[str], str]
    accept: str = "application/json"


def _github(url: str) -> str:
    """Of github.com, of a tenant at ghe.com, or of an Enterprise Server."""
    host = url.partition("://")[2]
    return f"https://api.{host}" if host == "github.com" or host.endswith(".ghe.com") else f"{url}/api/v3"


FORGES: dict[str, Row] = {
    "github": Row("runner.forge.github", "GitHub", _github, "application/vnd.github+json"),
    "gitlab": Row("runner.forge.gitlab", "GitLab", lambda url: f"{url}/api/v4"),
    "gitea": Row("runner.forge.gitea", "Gitea", lambda url: f"{url}/api/v1"),
    "bitbucket-server": Row("runner.forge.bitbucket_server", "BitbucketServer", lambda url: f"{url}/rest"),
    "bitbucket": Row(
        "runner.forge.bitbucket",
        "Bitbucket",
        lambda url: url.replace("://bitbucket.org", "://api.bitbucket.org") + "/2.0",
    ),
}


class ConfiguredForges:
    """The port `Forges`: one repository for each source, connected on first use."""

    def __init__(self, sources: tuple[SourceSettings, ...], clock: Clock | None = None) -> None:
        self._sources = {source.name: source for source in sources}
        self._clock = clock or SystemClock()
        self._open: dict[str, Repository | None] = {}

    def of(self, source: str) -> Repository | None:
        if source not in self._open:
            self._open[source] = open_forge(self._sources[source], self._clock)
        return self._open[source]

    def close(self) -> None:
        opened, self._open = self._open, {}
        for one in opened.values():
            if one is not None:
                one.close()


def open_forge(source: SourceSettings, clock: Clock) -> Repository | None:
    """None for a source without a forge. ExtraMissing if an App's library is not installed."""
    if source.forge is None or (address := forge_address(source.forge, source.url)) is None:
        return None
    row = FORGES[source.forge.type]
    if source.forge.app is not None and find_spec("jwt") is None:
        raise ExtraMissing(what=f"forge {address.name}", module="jwt", extra="forge")
    base = row.base(address.url)
    try:
        exchange = Exchange(base, source.forge.ca)
    except NoAnswer as error:
        raise ForgeUnreachable(forge=address.name, problem=str(error)) from None
    connection = connected(source.forge, address.name, base, exchange, clock)
    api: Api = getattr(import_module(row.module), row.api)(connection, address.repository)
    return Repository(address.name, api, exchange.close)


def connected(settings: ForgeSettings, name: str, base: str, exchange: Exchange, clock: Clock) -> Connection:
    credentials: Credentials = Token(settings.token or "", settings.user)
    if settings.app is not None:
        credentials = AppToken(base, settings.app, exchange, clock)
    return Connection(name, base, credentials, exchange, clock, FORGES[settings.type].accept)
