"""Git addresses and branch names that an operator may write: none that git could take for an option or a command."""

import re
from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from runner.model.values.regex import regex


class Transport(StrEnum):
    HTTPS = "https"
    SSH = "ssh"
    LOCAL = "local"


_HOST = regex(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]")
_USER = regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_SCP_LIKE = regex(r"(?P<user>[^@/:]+)@(?P<host>[^@/:]+):(?P<path>[^:].*)")
_NOT_IN_AN_ADDRESS = regex("[\x00-\x20\x7f-\xa0\\\\]")
_NOT_IN_A_BRANCH = regex("[\x00-\x20\x7f~^:?*\\[\\\\]")


def transport(url: str) -> Transport | None:
    """How git would reach this address, or None if it is not supported here."""
    if url.startswith(("/", "file:///")):
        return Transport.LOCAL
    if url.startswith("https://"):
        return Transport.HTTPS
    if url.startswith("ssh://") or ("://" not in url and _SCP_LIKE.fullmatch(url)):
        return Transport.SSH
    return None


def url_flaw(url: str) -> str | None:
    """Why the address is refused, or None; never with the address, which may contain a password."""
    if not url or url.startswith("-") or _NOT_IN_AN_ADDRESS.search(url):
        return "expected a Git URL without spaces that does not start with -"
    way = transport(url)
    if way is None:
        return _unserved(url)
    if way is Transport.LOCAL:
        return "expected a path without .." if ".." in url.split("/") else None
    if match := _SCP_LIKE.fullmatch(url) if "://" not in url else None:
        return next(_remote_flaws(match["user"], match["host"], match["path"]), None)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "expected a host and a numeric port"
    return next(_split_flaws(way, parts), None)


def _unserved(url: str) -> str:
    if url.startswith("http://"):
        return "http exposes code and token on the network; use https"
    return (
        "expected https://host/path, ssh://user@host/path, user@host:path, file:///path or an absolute path"
    )


def _split_flaws(way: Transport, parts: SplitResult) -> Iterator[str]:
    user, _, host = parts.netloc.rpartition("@")
    if ":" in user:
        yield "do not put a password in a URL; use auth: {token: ...}"
    if user and way is Transport.HTTPS:
        yield "do not put a user or token in an https URL; use auth: {username: ..., token: ...}"
    if parts.query or parts.fragment:
        yield "expected a URL without ? and #"
    yield from _remote_flaws(user or None, re.sub(r":[0-9]*$", "", host), parts.path.removeprefix("/"))


def _remote_flaws(user: str | None, host: str, path: str) -> Iterator[str]:
    if user is not None and _USER.fullmatch(user) is None:
        yield "invalid user in the URL"
    if _HOST.fullmatch(host) is None:
        yield "invalid host in the URL"
    if not path:
        yield "the URL has no path"
    if path.startswith("-"):
        yield "the path of a URL may not start with -"


def branch_flaw(branch: str) -> str | None:
    """Why git would refuse this as the name of a branch (`git check-ref-format --branch`), or None."""
    return next(_branch_flaws(branch), None)


def _branch_flaws(branch: str) -> Iterator[str]:
    components = branch.split("/")
    if not branch or branch in {"@", "HEAD"} or branch.startswith("-"):
        yield "expected a branch name"
    if branch.startswith("refs/"):
        yield "expected a branch name without refs/heads/"
    if _NOT_IN_A_BRANCH.search(branch):
        yield "branch names may not contain spaces, control characters or any of ~ ^ : ? * [ \\"
    if ".." in branch or "@{" in branch or branch.endswith("."):
        yield "branch names may not contain .. or @{, or end with ."
    if "" in components:
        yield "branch names may not contain //, or start or end with /"
    if any(part.startswith(".") or part.endswith(".lock") for part in components):
        yield "no part of a branch name may start with . or end with .lock"


def pull_pattern_flaw(pattern: str) -> str | None:
    """Why this cannot name the heads of pull requests, or None."""
    if not pattern.startswith("refs/") or pattern.count("*") != 1:
        return "expected a ref with one * for the number, such as refs/pull/*/head"
    if pattern.startswith(("refs/heads/", "refs/tags/")):
        return "branches and tags are no pull requests"
    if "*" not in pattern.split("/"):
        return "expected * as a whole part of the ref, such as refs/pull/*/head"
    return branch_flaw(pattern.removeprefix("refs/").replace("*", "1"))
