import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repetitions import examples

from runner.config.git_address import Transport, branch_flaw, transport, url_flaw

SERVED = {
    "https://git.example.com/acme/infra.git": Transport.HTTPS,
    "https://git.example.com:8443/acme/infra": Transport.HTTPS,
    "https://[::1]:8443/acme/infra": Transport.HTTPS,
    "ssh://git@git.example.com/acme/infra.git": Transport.SSH,
    "ssh://git.example.com:2222/acme/infra.git": Transport.SSH,
    "git@git.example.com:acme/infra.git": Transport.SSH,
    "git@host:~ana/infra": Transport.SSH,
    "/srv/git/infra.git": Transport.LOCAL,
    "file:///srv/git/infra.git": Transport.LOCAL,
}
REFUSED = [
    "",
    "-oProxyCommand=x",
    "--upload-pack=x",
    "ssh://-oProxyCommand=x/path",
    "ssh://-oProxyCommand=x@host/path",
    "ssh://git@-oProxyCommand=x/path",
    "-u@host:path",
    "git@-oProxyCommand=x:path",
    "git@host:-path",
    "git@host:",
    "git@host::path",
    "git@:path",
    "ext::sh -c id",
    "ext::sh",
    "git@ext::sh",
    "fd::7",
    "http://host/path",
    "git://host/path",
    "ftp://host/path",
    "file://host/path",
    "file:path",
    "relative/path",
    "../path",
    "~/path",
    "/srv/../etc",
    "host:path",
    "C:\\repo",
    "https://ana:secret@host/path",
    "https://ghp_token@host/path",
    "ssh://git:secret@host/path",
    "https://host",
    "https://host/",
    "https:///path",
    "https://host:port/path",
    "https://host/path?x=y",
    "https://host/path#x",
    "https://ho st/path",
    "https://host/pa\nth",
    "https://host/pa\x1bth",
    "https://h\u00a0ost/path",
    "https://ho\u017ft/path",
    "HTTPS://host/path",
    "https://host/-path",
]


@pytest.mark.parametrize("url", SERVED)
def test_an_address_that_is_served(url: str) -> None:
    assert url_flaw(url) is None
    assert transport(url) is SERVED[url]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_refused_without_repeating_it(url: str) -> None:
    flaw = url_flaw(url)
    assert flaw
    assert "secret" not in flaw
    assert "ghp_token" not in flaw


letters = st.sampled_from([*"abA-_.@{}/~^:?*[\\ \t\x7f\x01ü", ".lock", "..", "refs/heads/", "HEAD", "//"])


@settings(max_examples=examples(150))
@given(st.lists(letters, min_size=1, max_size=5).map("".join))
def test_git_takes_every_branch_name_that_is_taken_here(branch: str) -> None:
    done = subprocess.run(
        ["git", "check-ref-format", f"refs/heads/{branch}"], check=False, env={"PATH": os.environ["PATH"]}
    )
    if branch_flaw(branch) is None:
        assert done.returncode == 0
    elif done.returncode == 0:
        assert branch.startswith(("-", "refs/")) or branch in {"@", "HEAD"}


def test_git_can_really_make_such_a_branch(tmp_path: Path) -> None:
    branch = "feature/Ünal_1.2-x@y"
    assert branch_flaw(branch) is None
    subprocess.run(["git", "init", "-q", "-b", branch, tmp_path], check=True)
