"""Artifacts: immutable bytes named by their digest, with a name for each run. Satisfies `ports.Artifacts`.

The bytes of a digest are written once and never again. A name stands for one digest; a run that is planned again
after a crash puts its plan under the same name, and whoever was told the old digest sees that it is another one.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from runner.errors import ArtifactDamaged, ArtifactNotFound, ArtifactStoreFailed
from runner.files import private_folder, sync_folder, write_whole
from runner.model.settings import ArtifactSettings, Settings

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DIGEST = re.compile(rb"[0-9a-f]{64}")


class _Shelf(Protocol):
    """Where keys lead to bytes; `KeyError` where one leads nowhere."""

    def write(self, key: str, content: bytes) -> None: ...
    def write_once(self, key: str, content: bytes) -> None:
        """Leave what is there."""
        ...

    def read(self, key: str) -> bytes: ...
    def list(self, folder: str) -> list[str]: ...
    def remove(self, key: str) -> None: ...


class ArtifactStore:
    """The same on every shelf: `run-7/names/plan.tfplan` holds a digest, `run-7/sha256/<digest>` the bytes."""

    def __init__(self, shelf: _Shelf) -> None:
        self.shelf = shelf

    def put(self, run: int, name: str, content: bytes) -> str:
        key = _name_key(run, name)
        digest = hashlib.sha256(content).hexdigest()
        before = self._digest(key)
        self.shelf.write_once(_blob_key(run, digest), content)
        if before != digest:
            self.shelf.write(key, digest.encode())
            self._drop(run, before)
        return digest

    def get(self, run: int, name: str) -> bytes:
        digest = self._digest(_name_key(run, name))
        if digest is None:
            raise ArtifactNotFound(run=f"run-{run}", name=name)
        try:
            content = self.shelf.read(_blob_key(run, digest))
        except KeyError:
            raise ArtifactNotFound(run=f"run-{run}", name=name) from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise ArtifactDamaged(run=f"run-{run}", name=name, digest=digest)
        return content

    def names(self, run: int) -> Sequence[str]:
        return sorted(self.shelf.list(f"run-{run}/names"))

    def remove(self, run: int, name: str) -> None:
        key = _name_key(run, name)
        digest = self._digest(key)
        self.shelf.remove(key)
        self._drop(run, digest)

    def _digest(self, key: str) -> str | None:
        try:
            raw = self.shelf.read(key)
        except KeyError:
            return None
        if _DIGEST.fullmatch(raw) is None:
            run, _, name = key.partition("/names/")
            raise ArtifactDamaged(run=run, name=name, digest=repr(raw[:64]))
        return raw.decode()

    def _drop(self, run: int, digest: str | None) -> None:
        """Remove bytes that no name of the run stands for any more."""
        if digest is not None and all(
            self._digest(_name_key(run, name)) != digest for name in self.names(run)
        ):
            self.shelf.remove(_blob_key(run, digest))


def _name_key(run: int, name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise ArtifactNotFound(run=f"run-{run}", name=name)
    return f"run-{run}/names/{name}"


def _blob_key(run: int, digest: str) -> str:
    return f"run-{run}/sha256/{digest}"


class FolderShelf:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, key: str, content: bytes) -> None:
        path = self.folder / key
        try:
            private_folder(path.parent)
            write_whole(path, content)
        except OSError as error:
            raise ArtifactStoreFailed(store=self.folder, problem=error.strerror) from error

    def write_once(self, key: str, content: bytes) -> None:
        if not (self.folder / key).exists():
            self.write(key, content)

    def read(self, key: str) -> bytes:
        try:
            return (self.folder / key).read_bytes()
        except FileNotFoundError:
            raise KeyError(key) from None

    def list(self, folder: str) -> list[str]:
        try:
            return [path.name for path in (self.folder / folder).iterdir() if not path.name.startswith(".")]
        except FileNotFoundError:
            return []

    def remove(self, key: str) -> None:
        path = self.folder / key
        path.unlink(missing_ok=True)
        for folder in (path.parent, path.parent.parent):
            try:
                folder.rmdir()
            except OSError:
                if folder.is_dir():
                    sync_folder(folder)
                return


class S3Shelf:
    """A bucket; boto3 finds the identity and the endpoint as always."""

    def __init__(self, settings: ArtifactSettings) -> None:
        self.bucket = settings.bucket or ""
        self.prefix = settings.prefix.strip("/")
        self.region = settings.region
        self._made: Any = None

    @property
    def _client(self) -> Any:
        if self._made is None:
            import boto3

            self._made = boto3.session.Session().client("s3", region_name=self.region)
        return self._made

    def write(self, key: str, content: bytes) -> None:
        with self._told():
            self._client.put_object(
                Bucket=self.bucket,
                Key=self._key(key),
                Body=content,
                ServerSideEncryption="AES256",
                ChecksumAlgorithm="SHA256",
            )

    def write_once(self, key: str, content: bytes) -> None:
        with self._told(fine="PreconditionFailed"):
            self._client.put_object(
                Bucket=self.bucket,
                Key=self._key(key),
                Body=content,
                ServerSideEncryption="AES256",
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
            )

    def read(self, key: str) -> bytes:
        with self._told():
            content: bytes = self._client.get_object(Bucket=self.bucket, Key=self._key(key))["Body"].read()
            return content

    def list(self, folder: str) -> list[str]:
        prefix = self._key(folder) + "/"
        with self._told():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return [entry["Key"].removeprefix(prefix) for page in pages for entry in page.get("Contents", ())]

    def remove(self, key: str) -> None:
        with self._told():
            self._client.delete_object(Bucket=self.bucket, Key=self._key(key))

    def _key(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    @contextmanager
    def _told(self, fine: str = "") -> Iterator[None]:
        """Faults of the bucket as errors of Driftline; the code `fine` is none."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown error")
            if code == "NoSuchKey":
                raise KeyError(code) from None
            if code != fine:
                raise ArtifactStoreFailed(store=f"s3://{self.bucket}", problem=code) from error
        except BotoCoreError as error:
            raise ArtifactStoreFailed(store=f"s3://{self.bucket}", problem=type(error).__name__) from error


def open_artifacts(settings: Settings) -> ArtifactStore:
    """The store that the configuration names."""
    if settings.artifacts.store == "s3":
        return ArtifactStore(S3Shelf(settings.artifacts))
    return ArtifactStore(FolderShelf(settings.data_dir / "artifacts"))
