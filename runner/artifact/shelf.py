"""Storage for artifacts: a folder of the data directory, or a bucket. Both map keys to bytes."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from runner.errors import ArtifactStoreFailed
from runner.host.files import private_folder, read_foreign, sync_folder, write_whole
from runner.model.settings.server import ArtifactSettings

LARGEST = 4 << 30
# Something else is in its place: a link, a pipe, a folder.
_NO_FILE = frozenset({errno.ELOOP, errno.EINVAL, errno.EISDIR})


class Shelf(Protocol):
    """Maps keys to bytes; `KeyError` for an unknown key."""

    def write(self, key: str, content: bytes) -> None: ...
    def write_once(self, key: str, content: bytes) -> None:
        """Keep existing content."""
        ...

    def read(self, key: str) -> bytes: ...
    def list(self, folder: str) -> list[str]: ...
    def remove(self, key: str) -> None: ...


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
            return read_foreign(self.folder / key, LARGEST)
        except FileNotFoundError:
            raise KeyError(key) from None
        except OSError as error:
            if error.errno in _NO_FILE:
                return b""  # which fails to open like any other damaged artifact
            raise ArtifactStoreFailed(store=self.folder, problem=error.strerror) from error

    def list(self, folder: str) -> list[str]:
        try:
            return [path.name for path in (self.folder / folder).iterdir() if not path.name.startswith(".")]
        except FileNotFoundError:
            return []

    def remove(self, key: str) -> None:
        path = self.folder / key
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ArtifactStoreFailed(store=self.folder, problem=f"{key}: {error.strerror}") from error
        for folder in (path.parent, path.parent.parent):
            try:
                folder.rmdir()
            except OSError:
                if folder.is_dir():
                    sync_folder(folder)
                return


class S3Shelf:
    """A bucket; boto3 finds the identity and the endpoint as usual."""

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
        with self._translated_errors():
            self._put(key, content)

    def write_once(self, key: str, content: bytes) -> None:
        with self._translated_errors(expected="PreconditionFailed"):
            self._put(key, content, IfNoneMatch="*")

    def _put(self, key: str, content: bytes, **condition: str) -> None:
        self._client.put_object(
            Bucket=self.bucket,
            Key=self._key(key),
            Body=content,
            ServerSideEncryption="AES256",
            ChecksumAlgorithm="SHA256",
            **condition,
        )

    def read(self, key: str) -> bytes:
        with self._translated_errors():
            content: bytes = self._client.get_object(Bucket=self.bucket, Key=self._key(key))["Body"].read()
            return content

    def list(self, folder: str) -> list[str]:
        prefix = self._key(folder) + "/"
        with self._translated_errors():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return [entry["Key"].removeprefix(prefix) for page in pages for entry in page.get("Contents", ())]

    def remove(self, key: str) -> None:
        with self._translated_errors():
            self._client.delete_object(Bucket=self.bucket, Key=self._key(key))

    def _key(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    @contextmanager
    def _translated_errors(self, expected: str = "") -> Iterator[None]:
        """Raise the bucket's errors as Driftline's; the code `expected` is no error."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown error")
            if code == "NoSuchKey":
                raise KeyError(code) from None
            if code != expected:
                raise ArtifactStoreFailed(store=f"s3://{self.bucket}", problem=code) from error
        except BotoCoreError as error:
            raise ArtifactStoreFailed(store=f"s3://{self.bucket}", problem=type(error).__name__) from error
