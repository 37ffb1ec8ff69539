"""The source of a module in one canonical form, so that the operator's patterns match what they appear to match."""

from collections.abc import Iterator
from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from runner.model.values.frozen import dataclass
from runner.model.values.regex import regex

LOCAL = ("./", "../")


class From(StrEnum):
    REGISTRY = "a registry"
    GIT = "git"
    ARCHIVE = "an archive"


# Allowed if the operator names no patterns. The server of an archive may redirect to another source.
USUAL = frozenset({From.REGISTRY, From.GIT})

_NAME = r"[0-9A-Za-z](?:[0-9A-Za-z_-]{0,62}[0-9A-Za-z])?"
_HOST = (
    r"[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?(?:\.[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?)+(?::[0-9]{1,5})?"
)
_REGISTRY = regex(rf"(?:(?P<host>{_HOST})/)?(?P<path>{_NAME}/{_NAME}/{_NAME})")
_NO_REGISTRIES = frozenset({"github.com", "bitbucket.org", "gitlab.com"})  # for every engine
_HOSTED = regex(r"(?:github\.com|bitbucket\.org)/[^/?]+/[^/?]+")
_SCP = regex(rf"(?P<user>[\w.-]+)@(?P<host>{_HOST}|[\w-]+):(?P<path>[^:/].*)")
_URL_HOST = regex(r"[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?(?::[0-9]{1,5})?")
_USER = regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_UNPRINTABLE = regex(r"[\x00-\x20\x7f-\xa0\\]")
_QUOTED = regex(r"(?:%[0-9A-Fa-f]{2})+")
_UNRESERVED = regex(r"[0-9A-Za-z._~-]")  # RFC 3986, 2.3: the same with quoting and without
_PARTING = "%/\\?#"
_GETTERS = {"git": From.GIT, "s3": From.ARCHIVE, "gcs": From.ARCHIVE, "https": From.ARCHIVE}


@dataclass(frozen=True)
class Origin:
    """`address` is what patterns are compared with: without folder and revision."""

    kind: From
    address: str


def module_origin(source: str, registry: str) -> Origin | str:
    """The origin of a remote source; or the end of a sentence that says why it is not understood or never allowed.

    `registry` is the engine's own, which an address without a host means.
    """
    if not source or _UNPRINTABLE.search(source) or source.startswith("-"):
        return "is refused: it is empty, starts with -, or contains spaces, backslashes or control characters"
    if source.startswith(("/", "~", "file:", ".")):
        return "is refused: it reads the local disk"
    if ".." in source.split("/"):
        return "is refused: its path is not plain"
    getter, forced, rest = source.rpartition("::")
    if not forced:
        found = _REGISTRY.fullmatch(source.split("//", maxsplit=1)[0])
        if found is not None and (found["host"] or "").lower() not in _NO_REGISTRIES:
            return Origin(From.REGISTRY, f"{(found['host'] or registry).lower()}/{found['path']}")
        if _HOSTED.match(source):
            getter, rest = "git", f"https://{source}"
        elif _SCP.fullmatch(source):
            getter = "git"
        else:
            getter = "https"
    kind = _GETTERS.get(getter)
    if kind is None:
        return f"is refused: {getter}:: is not supported; expected a registry, or git:: with https or ssh"
    return _by_url(getter, kind, rest)


def _by_url(getter: str, kind: From, rest: str) -> Origin | str:
    scp = _SCP.fullmatch(rest) if "://" not in rest else None
    url = f"ssh://{scp['user']}@{scp['host']}/{scp['path']}" if scp and getter == "git" else rest
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is refused: its address is invalid"
    flaw = next(_flaws(getter, parts), None)
    if flaw is not None:
        return f"is refused: {flaw}"
    path = parts.path.split("//")[0]
    user, at, host = parts.netloc.rpartition("@")
    prefix = "" if getter == "https" else f"{getter}::"
    return Origin(kind, f"{prefix}{parts.scheme}://{user}{at}{host.lower()}{path}")


def _flaws(getter: str, parts: SplitResult) -> Iterator[str]:
    served = {"https", "ssh"} if getter == "git" else {"https"}
    user, _, host = parts.netloc.rpartition("@")
    if parts.scheme not in served:
        yield "expected a registry, or git:: with https or ssh"
    if user and (parts.scheme == "https" or _USER.fullmatch(user) is None):
        yield "do not put a user or a password in its address"
    if _URL_HOST.fullmatch(host) is None:
        yield "its host is invalid"
    names = unquote(parts.path).split("/")
    if ".." in names or "." in names or not _plainly_quoted(parts.path.split("//")[0]):
        yield "its path is not plain"
    if names[1:2] and names[1].startswith("-"):
        yield "its path starts with -"
    if parts.fragment:
        yield "expected an address without #"
    for name, value in parse_qsl(parts.query.replace(";", "&"), keep_blank_values=True):
        if value.startswith("-"):
            yield f"{name} passes an option to git"
        if name.casefold() == "sshkey":
            yield "do not put a key in its address"


def _plainly_quoted(path: str) -> bool:
    """Whether only necessary characters are quoted, as in `Cloud%20Platform`: patterns then see the path as intended."""
    return "%" not in _QUOTED.sub("", path) and all(map(_needs_quoting, _QUOTED.findall(path)))


def _needs_quoting(quoted: str) -> bool:
    try:
        meant = unquote(quoted, errors="strict")
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() and c not in _PARTING and _UNRESERVED.fullmatch(c) is None for c in meant)


def module_flaw(source: str, allowed: tuple[str, ...], registry: str) -> str | None:
    """Why a module may not come from there; `allowed` are the operator's patterns, empty for the defaults."""
    origin = module_origin(source, registry)
    if isinstance(origin, str):
        return origin
    if not allowed:
        usual = origin.kind in USUAL
        return None if usual else f"is {origin.kind}, which allow.modules of the source does not list"
    if any(fnmatchcase(origin.address, pattern) for pattern in allowed):
        return None
    return f"({origin.address}) is not among allow.modules of the source"
