"""Passing credentials to git: a token through an askpass script, a key through ssh's options. Never on an argv."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from runner.model.settings.source import SourceAuth
from runner.model.values.frozen import dataclass
from runner.source.address import BadAddress

# It gets the prompt and answers on stdout. The token comes from an open descriptor, so it never has a name on disk.
ASKPASS = """#!/bin/sh
case "$1" in
Username*) printf '%s\\n' "$DRIFTLINE_GIT_USERNAME" ;;
Password*) cat "/dev/fd/$DRIFTLINE_GIT_TOKEN_FD" ;;
*) exit 1 ;;
esac
"""

SSH_OPTIONS = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "ConnectTimeout=15",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
    "ForwardAgent=no",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
)


@dataclass(frozen=True)
class Credentials:
    environment: dict[str, str]
    fds: tuple[int, ...] = ()


@contextmanager
def offered(auth: SourceAuth, protocol: str, data_dir: Path) -> Iterator[Credentials]:
    """The credentials for one remote command, while it runs."""
    allowed = {"GIT_ALLOW_PROTOCOL": protocol}
    if protocol == "ssh":
        yield Credentials({**allowed, "GIT_SSH_COMMAND": ssh_command(auth)})
    elif protocol in {"http", "https"} and auth.token:
        with _in_memory(auth.token) as fd:
            asking = {
                "GIT_ASKPASS": str(_askpass(data_dir)),
                "DRIFTLINE_GIT_USERNAME": auth.username,
                "DRIFTLINE_GIT_TOKEN_FD": str(fd),
            }
            yield Credentials({**allowed, **asking}, (fd,))
    else:
        yield Credentials(allowed)


def ssh_command(auth: SourceAuth) -> str:
    """`ssh` without a configuration file, and only with the key and the host keys that the operator named."""
    words = ["ssh", "-F", os.devnull, *(f"-o{option}" for option in SSH_OPTIONS)]
    if auth.ssh_key is not None:
        words.append(f"-oIdentityFile={_ssh_path(auth.ssh_key)}")
    if auth.known_hosts is not None:
        words += [
            f"-oUserKnownHostsFile={_ssh_path(auth.known_hosts)}",
            f"-oGlobalKnownHostsFile={os.devnull}",
        ]
    return shlex.join(words)


def _ssh_path(path: Path) -> str:
    """As ssh parses it: in quotes, with its `%` escapes escaped."""
    text = str(path)
    if any(sign in text for sign in '"\\\\\n') or "${" in text:
        raise BadAddress(f"ssh cannot be given the path {text!r}")
    return '"' + text.replace("%", "%%") + '"'


@contextmanager
def _in_memory(token: str) -> Iterator[int]:
    fd = os.memfd_create("git-token")
    try:
        os.write(fd, token.encode() + b"\n")
        yield fd
    finally:
        os.close(fd)


def _askpass(data_dir: Path) -> Path:
    script = data_dir / "askpass"
    if not (script.is_file() and script.read_text() == ASKPASS and os.access(script, os.X_OK)):
        with NamedTemporaryFile("w", dir=data_dir, prefix="askpass.", delete=False) as made:
            made.write(ASKPASS)
        Path(made.name).chmod(0o700)
        Path(made.name).rename(script)
    return script
