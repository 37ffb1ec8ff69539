"""The installation's key, and files that are whole or not there."""

import os
import secrets
import threading
from pathlib import Path

import pytest

from runner.datadir.keys import FileSecrets
from runner.errors import KeyDamaged
from runner.host.files import private_folder, write_whole


def test_the_key_is_made_once_and_is_for_the_owner_alone(tmp_path: Path) -> None:
    key = FileSecrets(tmp_path).fingerprint_key()
    assert len(key) == 32
    assert FileSecrets(tmp_path).fingerprint_key() == key
    file = tmp_path / "keys" / "fingerprint"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in file.parent.iterdir()] == ["fingerprint"]


def test_another_installation_has_another_key(tmp_path: Path) -> None:
    assert FileSecrets(tmp_path / "a").fingerprint_key() != FileSecrets(tmp_path / "b").fingerprint_key()


def test_all_who_make_the_key_at_once_get_the_same(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    keys: list[bytes] = []

    def one() -> None:
        start.wait()
        keys.append(FileSecrets(tmp_path).fingerprint_key())

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 1


def test_the_key_of_who_was_faster_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs: list[bytes] = []
    real = secrets.token_bytes

    def slow(count: int) -> bytes:
        monkeypatch.setattr(secrets, "token_bytes", real)
        theirs.append(FileSecrets(tmp_path).fingerprint_key())
        return real(count)

    monkeypatch.setattr(secrets, "token_bytes", slow)
    assert FileSecrets(tmp_path).fingerprint_key() == theirs[0]


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_damaged_key_is_refused_and_never_replaced(tmp_path: Path, content: bytes) -> None:
    FileSecrets(tmp_path).fingerprint_key()
    (tmp_path / "keys" / "fingerprint").write_bytes(content)
    with pytest.raises(KeyDamaged):
        FileSecrets(tmp_path).fingerprint_key()
    assert (tmp_path / "keys" / "fingerprint").read_bytes() == content


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_write_replaces_a_symlink_and_not_what_it_leads_to(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / "file").symlink_to(victim)
    write_whole(tmp_path / "file", b"new")
    assert victim.read_bytes() == b"mine"
    assert (tmp_path / "file").read_bytes() == b"new"


def test_new_folders_are_private_and_old_ones_are_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    folder = private_folder(tmp_path / "a" / "b")
    assert (folder.stat().st_mode & 0o777, folder.parent.stat().st_mode & 0o777) == (0o700, 0o700)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
