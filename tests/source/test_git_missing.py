"""A machine without git."""

import os

import pytest
from remote.repository import Remote

from runner.errors import GitFailed


def test_a_missing_git_is_reported_with_what_to_install(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitFailed) as failed:
        remote.mirrors.head(remote.source)
    assert "check that git is installed" in failed.value.hint
