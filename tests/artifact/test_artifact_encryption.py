"""Artifacts are encrypted where they lie, each for its own place, with a key that can be changed."""

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from runner.artifact import ArtifactStore, open_artifacts
from runner.artifact.seal import Seal, key_id
from runner.datadir.keys import key_file
from runner.errors import ArtifactDamaged, ArtifactKeyMissing, KeyDamaged
from runner.model.settings.server import ArtifactSettings, Settings
from runner.model.values.key_text import read_key

SECRET = b"canary-in-a-plan " * 20
OLD, NEW = bytes(range(32)), bytes(range(1, 33))


def opened(folder: Path, **artifacts: object) -> ArtifactStore:
    settings = Settings(data_dir=folder)
    return open_artifacts(
        replace(settings, artifacts=replace(ArtifactSettings(), **artifacts)),  # type: ignore[arg-type]
        key_file,
    )


def blobs(folder: Path) -> list[Path]:
    return sorted((folder / "artifacts").glob("run-*/sha256/*"))


def test_no_byte_of_the_content_is_in_any_file(tmp_path: Path) -> None:
    opened(tmp_path).put(7, "plan.tfplan", SECRET)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"canary" not in path.read_bytes()


def test_the_first_artifact_generates_the_key_for_the_owner_alone(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert store.names(7) == []
    key = tmp_path / "keys" / "artifacts"
    assert not key.exists()
    store.put(7, "plan.tfplan", SECRET)
    assert key.stat().st_mode & 0o777 == 0o600
    assert opened(tmp_path).get(7, "plan.tfplan") == SECRET


def test_the_same_content_is_never_encrypted_the_same(tmp_path: Path) -> None:
    seal = Seal(lambda: OLD, lambda: [OLD])
    assert seal.close(SECRET, "a") != seal.close(SECRET, "a")


def test_a_configured_key_is_used_and_none_is_generated(tmp_path: Path) -> None:
    opened(tmp_path, key=OLD.hex()).put(7, "plan.tfplan", SECRET)
    assert not (tmp_path / "keys").exists()
    assert blobs(tmp_path)[0].read_bytes()[4:12].hex() == key_id(OLD)
    assert opened(tmp_path, key=base64.b64encode(OLD).decode()).get(7, "plan.tfplan") == SECRET


def test_artifacts_of_the_generated_key_stay_readable_with_a_configured_one(tmp_path: Path) -> None:
    opened(tmp_path).put(7, "plan.tfplan", SECRET)
    assert opened(tmp_path, key=NEW.hex()).get(7, "plan.tfplan") == SECRET


def test_an_old_key_reads_and_the_new_one_writes(tmp_path: Path) -> None:
    opened(tmp_path, key=OLD.hex()).put(7, "plan.tfplan", SECRET)
    store = opened(tmp_path, key=NEW.hex(), old_keys=(OLD.hex(),))
    assert store.get(7, "plan.tfplan") == SECRET
    store.put(8, "plan.tfplan", SECRET)
    assert opened(tmp_path, key=NEW.hex()).get(8, "plan.tfplan") == SECRET


def test_a_key_that_is_gone_is_named_by_its_id_and_no_new_one_is_made(tmp_path: Path) -> None:
    opened(tmp_path).put(7, "plan.tfplan", SECRET)
    key = tmp_path / "keys" / "artifacts"
    wanted = key_id(key.read_bytes())
    key.unlink()
    with pytest.raises(
        ArtifactKeyMissing, match=f"encrypted with key {wanted}, which is missing; available keys: none"
    ):
        opened(tmp_path).get(7, "plan.tfplan")
    assert not key.exists()


def test_another_key_is_reported_with_the_ids_of_those_that_are_there(tmp_path: Path) -> None:
    opened(tmp_path, key=OLD.hex()).put(7, "plan.tfplan", SECRET)
    with pytest.raises(ArtifactKeyMissing, match=f"{key_id(OLD)}.*{key_id(NEW)}") as shown:
        opened(tmp_path, key=NEW.hex()).get(7, "plan.tfplan")
    assert "artifacts.old_keys" in shown.value.hint


def test_a_generated_key_that_was_damaged_is_reported_as_such(tmp_path: Path) -> None:
    opened(tmp_path).put(7, "plan.tfplan", SECRET)
    (tmp_path / "keys" / "artifacts").write_bytes(b"short")
    with pytest.raises(KeyDamaged):
        opened(tmp_path).get(7, "plan.tfplan")


def test_retention_needs_no_key(tmp_path: Path) -> None:
    opened(tmp_path).put(7, "plan.tfplan", SECRET)
    (tmp_path / "keys" / "artifacts").unlink()
    opened(tmp_path).remove(7, "plan.tfplan")
    assert blobs(tmp_path) == []


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda blob: blob[:-1],
    "empty": lambda _: b"",
    "in clear": lambda _: SECRET,
    "of another version": lambda blob: b"DLA2" + blob[4:],
    "with another nonce": lambda blob: blob[:12] + bytes(12) + blob[24:],
    "changed in its text": lambda blob: blob[:30] + bytes([blob[30] ^ 1]) + blob[31:],
    "changed in its tag": lambda blob: blob[:-1] + bytes([blob[-1] ^ 1]),
    "longer": lambda blob: blob + b"\0",
}


@pytest.mark.parametrize("how", DAMAGES)
def test_a_blob_that_is_damaged_is_never_handed_out(tmp_path: Path, how: str) -> None:
    store = opened(tmp_path)
    store.put(7, "plan.tfplan", SECRET)
    (blob,) = blobs(tmp_path)
    blob.write_bytes(DAMAGES[how](blob.read_bytes()))
    with pytest.raises(ArtifactDamaged, match=r"plan\.tfplan of run-7"):
        store.get(7, "plan.tfplan")


def test_a_blob_that_was_moved_to_another_run_does_not_open_there(tmp_path: Path) -> None:
    store = opened(tmp_path)
    digest = store.put(7, "plan.tfplan", SECRET)
    store.shelf.write("run-8/names/plan.tfplan", digest.encode())
    store.shelf.write(f"run-8/sha256/{digest}", store.shelf.read(f"run-7/sha256/{digest}"))
    with pytest.raises(ArtifactDamaged):
        store.get(8, "plan.tfplan")


def test_a_blob_in_the_place_of_another_digest_does_not_open_there(tmp_path: Path) -> None:
    store = opened(tmp_path)
    approved, other = store.put(7, "plan.tfplan", SECRET), store.put(7, "fresh.tfplan", b"evil")
    store.shelf.write(f"run-7/sha256/{approved}", store.shelf.read(f"run-7/sha256/{other}"))
    with pytest.raises(ArtifactDamaged):
        store.get(7, "plan.tfplan")


@pytest.mark.parametrize(
    "text",
    [
        OLD.hex(),
        OLD.hex().upper(),
        f"  {OLD.hex()}\n",
        base64.b64encode(OLD).decode(),
        base64.b64encode(OLD).decode().rstrip("="),
    ],
)
def test_a_key_is_given_as_hexadecimal_digits_or_base64(text: str) -> None:
    assert read_key(text) == OLD


def test_a_key_may_be_url_safe_base64() -> None:
    assert read_key(base64.urlsafe_b64encode(b"\xff" * 32).decode()) == b"\xff" * 32


@pytest.mark.parametrize("text", ["", "hunter2", OLD.hex()[:-1], OLD.hex() + "0", "ä" * 64, "A" * 42])
def test_what_is_no_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match="32 bytes") as shown:
        read_key(text)
    assert not text or not re.search(re.escape(text), str(shown.value))
