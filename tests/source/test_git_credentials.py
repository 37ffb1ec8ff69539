"""A token or a key reaches the remote that it is for, and no other place."""

import os
import stat
from pathlib import Path

import pytest
from http_remote import serving
from remote.repository import Remote

from runner.errors import GitFailed
from runner.model.settings.source import SourceAuth
from runner.source.address import BadAddress
from runner.source.credentials import ssh_command

TOKEN = "s3cret-token/with+signs"
AUTH = SourceAuth(token=TOKEN, username="robot")


def everything_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_token_arrives_as_the_password_of_the_configured_user(remote: Remote) -> None:
    head = remote.commit()
    with serving(remote.root, TOKEN) as seen:
        source = remote.at(f"{seen.url}remote/.git", AUTH)
        assert remote.mirrors.head(source) == head
        remote.mirrors.fetch(source, head)
    assert set(seen.logins) == {f"robot:{TOKEN}"}


def test_a_token_is_on_no_command_line_while_git_runs(remote: Remote) -> None:
    remote.commit()
    with serving(remote.root, TOKEN) as seen:
        remote.mirrors.head(remote.at(f"{seen.url}remote/.git", AUTH))
    assert any(b"git-remote-http" in argv or b"remote-http" in argv for argv in seen.argvs)
    assert not [argv for argv in seen.argvs if TOKEN.encode() in argv]


def test_a_token_is_in_no_file_of_the_data_directory(remote: Remote) -> None:
    head = remote.commit()
    with serving(remote.root, TOKEN) as seen:
        remote.mirrors.fetch(remote.at(f"{seen.url}remote/.git", AUTH), head)
    kept = everything_below(remote.data)
    assert TOKEN.encode() not in kept
    assert str(seen.port).encode() not in kept, "the mirror does not even remember the address"


def test_the_askpass_script_is_for_its_owner_alone(remote: Remote) -> None:
    remote.commit()
    with serving(remote.root, TOKEN) as seen:
        remote.mirrors.head(remote.at(f"{seen.url}remote/.git", AUTH))
    assert stat.S_IMODE((remote.data / "askpass").stat().st_mode) == 0o700
    assert sorted(path.name for path in remote.data.iterdir()) == ["askpass", "mirrors"]


def test_a_refused_token_is_reported_without_its_value_and_with_advice(remote: Remote) -> None:
    remote.commit()
    with serving(remote.root, "another") as seen, pytest.raises(GitFailed) as failed:
        remote.mirrors.head(remote.at(f"{seen.url}remote/.git", AUTH))
    assert TOKEN not in failed.value.message
    assert "\n" not in failed.value.message
    assert "auth.token of source infra" in failed.value.hint


def test_a_missing_token_is_asked_of_nobody(remote: Remote) -> None:
    remote.commit()
    with serving(remote.root, TOKEN) as seen, pytest.raises(GitFailed) as failed:
        remote.mirrors.head(remote.at(f"{seen.url}remote/.git"))
    assert failed.value.hint == "the remote requires credentials: set auth.token of source infra"


def test_a_redirect_is_not_followed_and_no_other_host_gets_the_token(remote: Remote) -> None:
    remote.commit()
    with (
        serving(remote.root, TOKEN) as other,
        serving(remote.root, TOKEN, redirect=other.url.rstrip("/")) as first,
    ):
        with pytest.raises(GitFailed) as failed:
            remote.mirrors.head(remote.at(f"{first.url}remote/.git", AUTH))
        assert first.paths
    assert failed.value.hint == "the remote moved: set url of source infra to its new URL"
    assert (other.paths, other.logins) == ([], [])


def test_a_netrc_of_the_account_is_not_read(
    remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote.commit()
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password canary\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(remote.root, TOKEN) as seen, pytest.raises(GitFailed):
        remote.mirrors.head(remote.at(f"{seen.url}remote/.git"))
    assert seen.logins == []


# ssh, with a program in its place that writes down how it was called


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    record = tmp_path / "calls"
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {record}\nenv > {record}.env\nexit 255\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    return record


def test_ssh_gets_the_sources_key_and_host_keys_and_no_configuration(remote: Remote, calls: Path) -> None:
    auth = SourceAuth(ssh_key=Path("/keys/it's 100% mine"), known_hosts=Path("/keys/known hosts"))
    with pytest.raises(GitFailed):
        remote.mirrors.head(remote.at("ssh://git@git.example.com:2222/acme/infra.git", auth))
    argv = calls.read_text().splitlines()
    assert argv[:2] == ["-F", os.devnull]
    assert '-oIdentityFile="/keys/it\'s 100%% mine"' in argv
    assert '-oUserKnownHostsFile="/keys/known hosts"' in argv
    assert f"-oGlobalKnownHostsFile={os.devnull}" in argv
    assert {"-oBatchMode=yes", "-oStrictHostKeyChecking=yes", "-oIdentitiesOnly=yes"} <= set(argv)
    assert argv[-2:] == ["git@git.example.com", "git-upload-pack '/acme/infra.git'"]


def test_ssh_sees_nothing_of_the_daemon_s_environment(
    remote: Remote, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    with pytest.raises(GitFailed):
        remote.mirrors.head(remote.at("git@git.example.com:acme/infra.git"))
    seen = calls.with_suffix(".env").read_text()
    assert "/run/agent" not in seen  # an empty name is no agent to ssh
    assert "canary" not in seen


@pytest.mark.parametrize("path", ['/keys/"quoted"', "/keys/${HOME}", "/keys/back\\slash", "/keys/new\nline"])
def test_a_path_that_ssh_would_read_otherwise_is_refused(path: str) -> None:
    with pytest.raises(BadAddress):
        ssh_command(SourceAuth(ssh_key=Path(path)))


def test_tokens_and_logins_are_masked_in_whatever_git_says() -> None:
    from runner.model.settings.source import SourceSettings
    from runner.source.failure import one_line

    source = SourceSettings(name="x", url="https://h/x", auth=AUTH)
    said = (
        f"fatal: unable to access 'https://u:p4ss@h/x/': {TOKEN} s3cret-token%2Fwith%2Bsigns "
        "cm9ib3Q6czNjcmV0LXRva2VuL3dpdGgrc2lnbnM=\x1b[31m\nhint: more\n  remote: second\n"
    )
    shown = one_line(said, source)
    assert "s3cret" not in shown
    assert "p4ss" not in shown
    assert "cm9ib3Q6" not in shown
    assert shown.isprintable()
