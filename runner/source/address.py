"""Which URLs and branches may reach git's command line. The operator writes them; a typo must not execute anything."""

from urllib.parse import urlsplit

from runner.model.values.regex import regex

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
HOST = r"(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])"
USER = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"
HTTP_URL = regex(rf"https?://(?:{USER}@)?{HOST}(?::\d+)?(?:/\S*)?")
PASSWORD = regex(r"https?://[^/@]*:[^/@]*@")
SSH_URL = regex(rf"ssh://(?:{USER}@)?{HOST}(?::\d+)?/[^-].*")
SCP_LIKE = regex(rf"(?:{USER}@)?{HOST}:(?!:)[^-].*")
CONTROL = regex(r"[\x00-\x1f\x7f]")
# What `git check-ref-format` refuses, and a leading dash, which it does not.
BAD_BRANCH = regex(r"^[-/.]|\.\.|//|/\.|@\{|[\x00-\x20\x7f~^:?*\[\\]|\.lock(/|$)|[/.]$|^@$")


class BadAddress(ValueError):
    """The sentence says what is wrong with it."""


def protocol(url: str) -> str:
    """`https`, `http`, `ssh` or `file`: the only protocol that git may then use. BadAddress for anything else."""
    if not url or CONTROL.search(url) or url.startswith("-"):
        raise BadAddress("the URL is empty, starts with a dash or contains control characters")
    if url.startswith("/"):
        return "file"
    scheme, separator, _ = url.partition("://")
    if not separator:
        if SCP_LIKE.fullmatch(url):
            return "ssh"
        raise BadAddress("expected https://..., ssh://..., user@host:path, file:///... or an absolute path")
    check = _CHECKS.get(scheme)
    if check is None:
        raise BadAddress(f"the protocol {scheme!r} is not supported; expected https, ssh or file")
    check(url)
    return scheme


def _https(url: str) -> None:
    if PASSWORD.match(url):
        raise BadAddress("a password in a URL ends up in logs; put it into auth.token")
    if not HTTP_URL.fullmatch(url):
        raise BadAddress("expected https://host/path")


def _http(url: str) -> None:
    _https(url)
    if urlsplit(url).hostname not in LOOPBACK:
        raise BadAddress("http:// lets anyone on the network change the code; use https")


def _ssh(url: str) -> None:
    if not SSH_URL.fullmatch(url):
        raise BadAddress("expected ssh://user@host/path")


def _file(url: str) -> None:
    if not url.startswith("file:///"):
        raise BadAddress("expected file:/// and an absolute path")


_CHECKS = {"https": _https, "http": _http, "ssh": _ssh, "file": _file}


def check_branch(branch: str) -> str:
    """The branch's full ref, which cannot be mistaken for an option; BadAddress."""
    if not branch or BAD_BRANCH.search(branch):
        raise BadAddress(f"{branch!r} is not a branch name")
    return f"refs/heads/{branch}"


def check_ref(ref: str) -> str:
    """A full ref, which cannot be mistaken for an option or a pattern; BadAddress."""
    if not ref.startswith("refs/") or BAD_BRANCH.search(ref):
        raise BadAddress(f"{ref!r} is not a full ref")
    return ref
