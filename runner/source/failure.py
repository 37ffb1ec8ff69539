"""Git's error output as one line without secrets."""

import re
from base64 import b64encode
from urllib.parse import quote

from runner.errors import GitFailed
from runner.model.changes.changes import MASK
from runner.model.settings.source import SourceSettings
from runner.model.values.paths import printable

LONGEST = 400
USERINFO = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*(?=@)")
# The last two lines are git's own advice, which fits any failure; ADVICE is more precise.
NOISE = re.compile(
    r"^(fatal|error|warning): |^hint:.*"
    r"|^Please make sure you have the correct access rights$|^and the repository exists\.$",
    re.MULTILINE,
)


# Advice where git's message does not say what to do: pattern, advice, and the source setting it names.
ADVICE: tuple[tuple[str, str, str], ...] = (
    ("could not read Username", "the remote requires credentials: set {setting}", "auth.token"),
    ("Authentication failed", "the remote refused {setting}: renew it", "auth.token"),
    ("returned error: 403", "the remote refused {setting}: no read access to this repository", "auth.token"),
    ("Permission denied (publickey", "the remote refused {setting}: add its public key there", "auth.ssh_key"),
    ("Host key verification failed", "compare the remote's host key, then add it to {setting}", "auth.known_hosts"),
    ("dubious ownership", "the repository belongs to another user: serve it over ssh or https, or change its owner", "url"),
    ("unable to update url base from redirection", "the remote moved: set {setting} to its new URL", "url"),
    ("returned error: 30", "the remote moved: set {setting} to its new URL", "url"),
    ("not found", "no such repository, or it requires credentials: check {setting}", "url"),
    ("does not appear to be a git repository", "no repository at that location: check {setting}", "url"),
    ("does not exist", "no repository at that location: check {setting}", "url"),
    ("Could not resolve host", "no such host: check {setting}", "url"),
    ("Could not read from remote repository", "check {setting}, and whether the remote accepts this machine", "url"),
    ("No such file or directory", "check that git is installed and on PATH, and {setting}", "url"),
)  # fmt: skip
# The same answers mean something else to a push.
OF_PUSHES: tuple[tuple[str, str, str], ...] = (
    ("returned error: 403", "{setting} may not push to this repository", "auth.token"),
    ("protected branch", "the remote protects such branches: let {setting} create them", "auth.token"),
)


def one_line(text: str, source: SourceSettings) -> str:
    """Git's message without secrets, line ends and control characters."""
    for secret in _spellings(source):
        text = text.replace(secret, MASK)
    text = USERINFO.sub(MASK, text)
    lines = [printable(line).strip() for line in NOISE.sub("", text).splitlines()]
    short = "; ".join(dict.fromkeys(line for line in lines if line))
    return short if len(short) <= LONGEST else short[:LONGEST] + " ..."


def _spellings(source: SourceSettings) -> list[str]:
    token = source.auth.token
    if not token:
        return []
    basic = b64encode(f"{source.auth.username}:{token}".encode()).decode()
    return sorted({token, quote(token, safe=""), basic}, key=len, reverse=True)


def failed(source: SourceSettings, command: str, text: str) -> GitFailed:
    known = (*OF_PUSHES, *ADVICE) if command == "push" else ADVICE
    advice, setting = next(((advice, setting) for sign, advice, setting in known if sign in text), ("", ""))
    return GitFailed(
        command=command,
        source=source.name,
        problem=one_line(text, source) or "it gave no reason",
        hint=advice.format(setting=f"{setting} of source {source.name}") if advice else None,
        advice=advice,
        setting=setting,
    )
