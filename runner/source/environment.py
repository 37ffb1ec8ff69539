"""The environment that git gets: nothing of the daemon's but the names below, and no configuration but ours."""

import os
from collections.abc import Iterator, Mapping

# How to reach the network is the operator's decision, and a proxy or a private CA is told by environment.
INHERITED = frozenset({
    "PATH",
    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
})  # fmt: skip

FIXED: dict[str, str] = {
    "LC_ALL": "C",
    "LANGUAGE": "C",
    "HOME": os.devnull,  # no ~/.netrc, ~/.gitconfig or ~/.config/git
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "GIT_SSH_VARIANT": "ssh",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # overrides protocol.*.allow; a command for a remote names the one it needs
}


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    return {**FIXED, **extra}


def scrubbing(wanted: Mapping[str, str]) -> Iterator[str]:
    """The head of an argv that drops all other names.

    GitPython always merges `os.environ` under the environment that it is given, so `env -u` takes the rest away.
    Names only: an argv can be read by every user of the machine.
    """
    yield "env"
    for name in os.environ:
        if name not in INHERITED and name not in wanted:
            yield from ("-u", name)
