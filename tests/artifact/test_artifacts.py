"""One suite for both stores: the local folder, and a bucket on moto."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from runner.artifact import ArtifactStore, FolderShelf, S3Shelf, Seal, open_artifacts
from runner.datadir.keys import key_file
from runner.errors import ArtifactDamaged, ArtifactNotFound, ArtifactStoreFailed
from runner.model.settings.server import ArtifactSettings, Settings

BUCKET = "artifacts"
KEY = bytes(range(32))
SEAL = Seal(lambda: KEY, lambda: [KEY])


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def client(s3: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="AKIA",
        aws_secret_access_key="secret",
    )


@pytest.fixture
def bucket(s3: str, client: Any, monkeypatch: pytest.MonkeyPatch) -> ArtifactSettings:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    client.create_bucket(Bucket=BUCKET)
    for entry in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=entry["Key"])
    return ArtifactSettings(store="s3", bucket=BUCKET, region="us-east-1")


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    if request.param == "local":
        return open_artifacts(Settings(data_dir=tmp_path), key_file)
    return open_artifacts(Settings(data_dir=tmp_path, artifacts=request.getfixturevalue("bucket")), key_file)


def test_what_is_put_is_what_is_got_under_its_digest(store: ArtifactStore) -> None:
    content = bytes(range(256)) * 1000
    assert store.put(7, "plan.tfplan", content) == hashlib.sha256(content).hexdigest()
    assert store.get(7, "plan.tfplan") == content


def test_an_empty_artifact_is_one(store: ArtifactStore) -> None:
    store.put(7, "empty", b"")
    assert store.get(7, "empty") == b""


def test_names_are_those_of_the_run_alone(store: ArtifactStore) -> None:
    store.put(7, "b.json", b"1")
    store.put(7, "a.json", b"2")
    store.put(77, "c.json", b"3")
    assert store.names(7) == ["a.json", "b.json"]
    assert store.names(8) == []


def test_what_was_never_put_is_not_found(store: ArtifactStore) -> None:
    with pytest.raises(ArtifactNotFound, match="run-7 has no artifact named nothing"):
        store.get(7, "nothing")


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "A", "x" * 65, "a\0b"])
def test_a_name_that_is_no_name_is_not_found(store: ArtifactStore, name: str) -> None:
    with pytest.raises(ArtifactNotFound):
        store.get(7, name)
    with pytest.raises(ArtifactNotFound):
        store.put(7, name, b"x")


def test_putting_the_same_again_changes_nothing(store: ArtifactStore) -> None:
    assert store.put(7, "plan.tfplan", b"x") == store.put(7, "plan.tfplan", b"x")
    assert store.get(7, "plan.tfplan") == b"x"


def test_a_name_may_be_given_to_other_bytes_and_the_old_ones_are_gone(store: ArtifactStore) -> None:
    old = store.put(7, "plan.tfplan", b"old")
    new = store.put(7, "plan.tfplan", b"new")
    assert old != new
    assert store.get(7, "plan.tfplan") == b"new"
    assert store.shelf.list("run-7/sha256") == [new]


def test_bytes_with_two_names_stay_until_both_are_removed(store: ArtifactStore) -> None:
    store.put(7, "one", b"same")
    store.put(7, "two", b"same")
    store.remove(7, "one")
    assert store.get(7, "two") == b"same"
    store.remove(7, "two")
    store.remove(7, "two")
    assert store.names(7) == []
    assert store.shelf.list("run-7/sha256") == []
    with pytest.raises(ArtifactNotFound):
        store.get(7, "two")


def test_changed_bytes_are_never_handed_out(store: ArtifactStore) -> None:
    digest = store.put(7, "plan.tfplan", b"approved")
    store.shelf.write(f"run-7/sha256/{digest}", b"evil")
    with pytest.raises(ArtifactDamaged, match=digest):
        store.get(7, "plan.tfplan")


def test_a_name_that_leads_to_no_digest_is_never_followed(store: ArtifactStore) -> None:
    store.put(7, "plan.tfplan", b"x")
    store.shelf.write("run-7/names/plan.tfplan", b"../../etc/passwd")
    with pytest.raises(ArtifactDamaged):
        store.get(7, "plan.tfplan")


def test_the_bytes_of_a_digest_are_written_once(store: ArtifactStore) -> None:
    digest = store.put(7, "one", b"first")
    store.shelf.write_once(f"run-7/sha256/{digest}", b"second")
    assert store.get(7, "one") == b"first"


def test_a_name_whose_bytes_are_gone_is_not_found(store: ArtifactStore) -> None:
    digest = store.put(7, "one", b"first")
    store.shelf.remove(f"run-7/sha256/{digest}")
    with pytest.raises(ArtifactNotFound):
        store.get(7, "one")


def test_local_files_are_for_the_owner_alone_and_empty_folders_go(tmp_path: Path) -> None:
    store = open_artifacts(Settings(data_dir=tmp_path), key_file)
    store.put(7, "plan.tfplan", b"x")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    store.remove(7, "plan.tfplan")
    assert not (tmp_path / "artifacts" / "run-7").exists()


def test_a_local_disk_that_is_full_is_reported_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("runner.artifact.shelf.write_whole", full)
    with pytest.raises(ArtifactStoreFailed, match="No space left on device"):
        ArtifactStore(FolderShelf(tmp_path), SEAL).put(7, "one", b"x")


def test_objects_in_a_bucket_are_encrypted_and_under_the_prefix(
    bucket: ArtifactSettings, client: Any
) -> None:
    ArtifactStore(S3Shelf(bucket), SEAL).put(7, "plan.tfplan", b"x")
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert all(key.startswith("driftline/run-7/") for key in keys)
    assert {client.head_object(Bucket=BUCKET, Key=key)["ServerSideEncryption"] for key in keys} == {"AES256"}


def test_a_bucket_that_is_not_there_is_an_error_that_names_it(bucket: ArtifactSettings) -> None:
    missing = ArtifactStore(S3Shelf(ArtifactSettings(store="s3", bucket="nowhere", region="us-east-1")), SEAL)
    with pytest.raises(ArtifactStoreFailed, match="s3://nowhere failed: NoSuchBucket"):
        missing.put(7, "one", b"x")


def test_a_bucket_that_cannot_be_reached_is_an_error(
    bucket: ArtifactSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(ArtifactStoreFailed, match="EndpointConnectionError"):
        ArtifactStore(S3Shelf(bucket), SEAL).get(7, "one")


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


@pytest.mark.parametrize("put", [a_pipe, a_link, Path.mkdir])
@pytest.mark.parametrize("place", ["names/plan.json", "sha256/*"])
def test_anything_but_a_file_counts_as_damaged_without_waiting(
    tmp_path: Path, put: Callable[[Path], None], place: str
) -> None:
    store = open_artifacts(Settings(data_dir=tmp_path), key_file)
    store.put(7, "plan.json", b"content")
    [path] = (tmp_path / "artifacts" / "run-7").glob(place)
    path.unlink()
    put(path)
    with pytest.raises(ArtifactDamaged):
        store.get(7, "plan.json")


def test_no_byte_of_a_damaged_artifact_is_in_the_message(tmp_path: Path) -> None:
    store = open_artifacts(Settings(data_dir=tmp_path), key_file)
    store.put(7, "plan.json", b"content")
    (tmp_path / "artifacts" / "run-7" / "names" / "plan.json").write_bytes(b"hunter2\x1b[2J")
    with pytest.raises(ArtifactDamaged) as damaged:
        store.get(7, "plan.json")
    assert "hunter2" not in damaged.value.message
    assert "11 bytes" in damaged.value.message
