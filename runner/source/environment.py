"""Git's environment: only these names from the daemon, and only our own configuration."""

import os
from collections.abc import Iterator, Mapping

# Network access is the operator's decision, and a proxy or a private CA is set by environment.
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


# An empty value is not enough for these: git takes it for a setting, or for the root folder.
UNSET = ("GIT_", "TMPDIR")


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Git's environment beyond INHERITED. GitPython merges it over `os.environ`, so every other name is set to empty."""
    emptied = {name: "" for name in os.environ if name not in INHERITED}
    return {**emptied, **FIXED, **extra}


def scrubbing(wanted: Mapping[str, str]) -> Iterator[str]:
    """The start of an argv that unsets names which must not exist at all; usually there are none.

    Names only: every user of the machine can read an argv.
    """
    present = [name for name in os.environ if name.startswith(UNSET) and name not in (*INHERITED, *FIXED)]
    if present:
        yield "env"
    for name in present:
        if not wanted.get(name):
            yield from ("-u", name)
