"""What git says when it fails, as one line that holds no secret."""

import re
from base64 import b64encode
from urllib.parse import quote

from runner.errors import GitFailed
from runner.model.paths import printable
from runner.model.plan import MASK
from runner.model.source_settings import SourceSettings

LONGEST = 400
USERINFO = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*(?=@)")
NOISE = re.compile(r"^(fatal|error|warning): |^hint:.*|^\s+|\s+$", re.MULTILINE)


# Where git's words leave open what to do.
ADVICE: tuple[tuple[str, str], ...] = (
    ("could not read Username", "the remote wants credentials: set auth.token of source {source}"),
    ("Authentication failed", "the remote refused auth.token of source {source}: renew it"),
    ("Permission denied (publickey", "the remote refused auth.ssh_key of source {source}: add its public half there"),
    ("Host key verification failed", "compare the remote's host key, then add it to auth.known_hosts of source {source}"),
    ("dubious ownership", "the repository belongs to another user: serve it over ssh or https, or give it to this one"),
    ("unable to update url base from redirection", "the remote moved: set url of source {source} to its new place"),
    ("No such file or directory", "check that git is installed and on PATH, and the URL of source {source}"),
)  # fmt: skip


def one_line(text: str, source: SourceSettings) -> str:
    """Git's words without secrets, line ends and control characters."""
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
    advice = next((advice for sign, advice in ADVICE if sign in text), None)
    return GitFailed(
        command=command,
        source=source.name,
        problem=one_line(text, source) or "it gave no reason",
        hint=advice.format(source=source.name) if advice else None,
    )
