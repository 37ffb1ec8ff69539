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


# An empty value would not do for these: git takes it for a setting, or for the root folder.
UNSET = ("GIT_", "TMPDIR")


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """What git gets beside INHERITED. GitPython merges `os.environ` under it, so every other name is emptied."""
    emptied = {name: "" for name in os.environ if name not in INHERITED}
    return {**emptied, **FIXED, **extra}


def scrubbing(wanted: Mapping[str, str]) -> Iterator[str]:
    """The head of an argv that drops the names which must not even be there; mostly there are none.

    Names only: an argv can be read by every user of the machine.
    """
    present = [name for name in os.environ if name.startswith(UNSET) and name not in (*INHERITED, *FIXED)]
    if present:
        yield "env"
    for name in present:
        if not wanted.get(name):
            yield from ("-u", name)
