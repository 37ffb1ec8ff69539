"""Where a forge is, derived from the URL by which Git reaches a repository of it."""

import re
from urllib.parse import urlsplit

from runner.model.settings.forge import ForgeSettings
from runner.model.values.frozen import dataclass

_SCP_LIKE = re.compile(r"(?:[^@/:]+@)?(?P<host>[^@/:]+):(?P<path>[^:].*)")
# Hosts that serve ssh where a firewall lets only port 443 pass.
_WEB_HOSTS = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}
# Bitbucket Data Center serves Git over https below this path.
_CLONED_FROM = "scm/"


@dataclass(frozen=True)
class ForgeAddress:
    """The address of the forge's pages, without a slash at its end, and the repository's path there."""

    url: str
    repository: str

    @property
    def name(self) -> str:
        return f"{self.url.partition('://')[2]}/{self.repository}"


def forge_address(settings: ForgeSettings, source_url: str) -> ForgeAddress | None:
    """What is configured comes first. None if the rest cannot be derived, as from a local path."""
    derived = _derived(source_url)
    url = (settings.url or (derived.url if derived else "")).rstrip("/")
    repository = settings.repository or (_below(derived.repository, url) if derived else "")
    if settings.type == "bitbucket-server":
        repository = repository.removeprefix(_CLONED_FROM)
    return ForgeAddress(url, repository) if url and repository else None


def _derived(source_url: str) -> ForgeAddress | None:
    if "://" not in source_url:
        match = _SCP_LIKE.fullmatch(source_url)
        return match and _cleaned("", match["host"], match["path"])
    parts = urlsplit(source_url)
    if parts.scheme not in {"https", "ssh"} or not parts.hostname:
        return None
    port = f":{parts.port}" if parts.port and parts.scheme == "https" else ""
    return _cleaned(port, parts.hostname, parts.path)


def _cleaned(port: str, host: str, path: str) -> ForgeAddress | None:
    path = path.strip("/").removesuffix(".git")
    host = _WEB_HOSTS.get(host.lower(), host.lower())
    return ForgeAddress(f"https://{host}{port}", path) if path and not path.startswith("~") else None


def _below(path: str, url: str) -> str:
    """A forge can be at a path of its host, which comes before that of the repository."""
    prefix = urlsplit(url).path.strip("/")
    return path.removeprefix(f"{prefix}/") if prefix else path
