"""Nothing that a person or a repository may write executes, and nothing reaches a place that it should not."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from remote.repository import Remote

from runner.errors import DriftlineError, GitFailed, RevisionNotFound
from runner.source import mirror

CORPUS = Path(__file__).parent / "corpus"


def lines(name: str) -> list[str]:
    return [line for line in (CORPUS / name).read_text().splitlines() if line and not line.startswith("# ")]


def armed(line: str, canary: Path) -> str:
    return line.replace("{touch}", f"touch {shlex.quote(str(canary))}").replace("{path}", str(canary))


@pytest.mark.parametrize("line", lines("urls.txt"))
def test_no_address_of_the_corpus_is_taken_or_executes(remote: Remote, tmp_path: Path, line: str) -> None:
    canary = tmp_path / "canary"
    source = remote.at(armed(line, canary))
    for attempt in (lambda: remote.mirrors.head(source), lambda: remote.mirrors.fetch(source, "0" * 40)):
        with pytest.raises(GitFailed) as refused:
            attempt()
        assert refused.value.hint == "driftline config validate"
    assert not canary.exists()


@pytest.mark.parametrize("url", ["", "git@h:a\x01b", "/srv/a\nb", "file:///srv/a\x00b", "ssh://h/a\x7f", "-"])
def test_an_address_with_control_characters_is_not_taken(remote: Remote, url: str) -> None:
    with pytest.raises(GitFailed, match="control characters"):
        remote.mirrors.head(remote.at(url))


@pytest.mark.parametrize("line", [line for line in lines("urls.txt") if "{" in line])
@pytest.mark.parametrize("spoken", ["https", "ssh", "file"])
def test_git_executes_none_of_them_even_if_the_check_lets_them_through(
    remote: Remote, tmp_path: Path, line: str, spoken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"
    monkeypatch.setattr(mirror, "protocol", lambda _url: spoken)
    source = remote.at(armed(line, canary))
    with pytest.raises(DriftlineError):
        remote.mirrors.head(source)
    assert not canary.exists()


@pytest.mark.parametrize("line", lines("branches.txt"))
def test_no_branch_of_the_corpus_reaches_git(remote: Remote, tmp_path: Path, line: str) -> None:
    remote.commit()
    canary = tmp_path / "canary"
    source = replace(remote.source, branch=armed(line, canary))
    with pytest.raises(GitFailed, match="not a branch name"):
        remote.mirrors.head(source)
    assert not canary.exists()


def test_a_branch_that_looks_like_an_option_is_asked_for_as_a_ref(remote: Remote, tmp_path: Path) -> None:
    """git takes `refs/heads/--upload-pack=x` for a valid name; a full refspec makes it harmless."""
    canary = tmp_path / "canary"
    head = remote.commit()
    remote.git("update-ref", f"refs/heads/--upload-pack=touch${{IFS}}{canary}", head)
    assert remote.taken() == head
    assert not canary.exists()


@pytest.mark.parametrize("line", lines("expressions.txt"))
def test_no_expression_of_the_corpus_means_a_revision(remote: Remote, tmp_path: Path, line: str) -> None:
    remote.commit({"secret.txt": "secret"})
    remote.git("branch", "other")
    remote.taken()
    canary = tmp_path / "canary"
    with pytest.raises(RevisionNotFound):
        remote.mirrors.resolve(remote.source, armed(line, canary))
    assert not canary.exists()
    assert not list(tmp_path.rglob("*config.lock"))


def test_the_remote_s_own_configuration_and_hooks_never_run(remote: Remote, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    remote.commit({"main.tf": ""})
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {canary}\ncat\n")
    script.chmod(0o755)
    for name in ("post-checkout", "post-merge", "pre-receive", "reference-transaction", "pre-auto-gc"):
        (remote.path / ".git" / "hooks" / name).symlink_to(script)
    for key in (
        "core.fsmonitor",
        "uploadpack.packObjectsHook",
        "core.sshCommand",
        "core.pager",
        "core.gitProxy",
    ):
        remote.git("config", key, str(script))
    revision = remote.taken()
    remote.mirrors.export(remote.source, revision)
    assert not canary.exists()


def test_the_mirror_s_hooks_and_configuration_never_run(remote: Remote, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    remote.commit({"main.tf": ""})
    remote.taken()
    assert not (remote.mirror / "hooks").exists()
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {canary}\n")
    script.chmod(0o755)
    (remote.mirror / "hooks").mkdir()
    (remote.mirror / "hooks" / "reference-transaction").symlink_to(script)
    remote.git_at(remote.mirror, "config", "core.fsmonitor", str(script))
    remote.commit()
    remote.taken()
    assert not canary.exists()


def test_attributes_of_the_repository_start_no_filter(remote: Remote, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    revision_of = {
        ".gitattributes": "* filter=evil diff=evil merge=evil text eol=crlf export-subst export-ignore\n",
        ".lfsconfig": "[lfs]\n\turl = http://127.0.0.1:1/\n",
        "main.tf": "$Format:%H$\n",
        "big.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    }
    remote.commit(revision_of)
    remote.git("config", "filter.evil.smudge", f"touch {canary}")
    tree = remote.mirrors.export(remote.source, remote.taken())
    assert {name: (tree / name).read_text() for name in revision_of} == revision_of
    assert not canary.exists()


def test_an_environment_of_the_daemon_that_steers_git_is_dropped(
    remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {canary}\n")
    script.chmod(0o755)
    head = remote.commit()
    for name, value in {
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": str(script),
        "GIT_CONFIG_PARAMETERS": f"'core.hooksPath={tmp_path}'", "GIT_DIR": str(tmp_path), "GIT_EXEC_PATH": str(tmp_path),
        "GIT_SSH": str(script), "GIT_ASKPASS": str(script), "GIT_TRACE": str(tmp_path / "trace"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/nowhere", "GIT_NAMESPACE": "other", "GIT_TEMPLATE_DIR": str(tmp_path),
        "GIT_EXTERNAL_DIFF": str(script), "GIT_PAGER": str(script), "GIT_OBJECT_DIRECTORY": "/nowhere",
        "LD_PRELOAD": "", "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    (tmp_path / ".gitconfig").write_text(
        f'[core]\n\tfsmonitor = {script}\n[url "file:///nowhere/"]\n\tinsteadOf = file://\n'
    )
    assert remote.taken() == head
    assert remote.mirrors.commit(remote.source, head).subject == "a change"
    assert not canary.exists()
    assert not (tmp_path / "trace").exists()


def test_a_work_tree_around_the_data_directory_has_no_say(remote: Remote) -> None:
    head = remote.commit()
    remote.git_at(remote.root, "init", "--quiet")
    remote.git_at(remote.root, "config", "url.file:///nowhere/.insteadOf", "file://")
    assert remote.taken() == head
