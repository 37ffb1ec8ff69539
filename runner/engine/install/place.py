"""Where the files of a release come from: the vendor's server or a mirror of it, or a folder."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2

from runner import __version__
from runner.errors import EngineNotFetched
from runner.model.engine.release import Release
from runner.model.values.frozen import dataclass
from runner.model.values.text import safe_text

SECONDS = 30.0  # without a byte
MAX_REDIRECTS = 5
CHUNK = 1 << 20
_NUMBER = re.compile(r"^\[Errno -?\d+\] ")  # before the words of the system


class NoFile(Exception):
    """Why a file of a release cannot be had"""


@dataclass(frozen=True)
class Place:
    """`base` is a folder with the files themselves, or an address below which each version has its own folder."""

    base: str
    release: Release

    @property
    def is_remote(self) -> bool:
        return "://" in self.base

    @property
    def shown(self) -> str:
        return _shown(self.base) if self.is_remote else self.base

    def fetch(self, name: str, into: Path, most: int) -> None:
        """EngineNotFetched if it is not there as a whole, or larger than `most` bytes. OSError if it cannot be written."""
        try:
            self._fetch(name, into, most)
        except NoFile as error:
            raise EngineNotFetched(
                file=name,
                place=safe_text(self.shown),
                problem=safe_text(str(error)),
                engine=self.release.row.name,
                version=self.release.version,
                files=", ".join(self.release.files),
            ) from None

    def _fetch(self, name: str, into: Path, most: int) -> None:
        chunks = self._downloaded(name) if self.is_remote else _read(Path(self.base) / name)
        size = 0
        with into.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > most:
                    raise NoFile(f"it exceeds {most >> 20} MiB")
                file.write(chunk)

    def _downloaded(self, name: str) -> Iterator[bytes]:
        url = f"{self.base.rstrip('/')}/{self.release.folder}/{name}"
        try:
            with _answer(url) as response:
                yield from response.iter_raw(CHUNK)
        except httpx2.TimeoutException:
            raise NoFile(f"nothing comes for {SECONDS:g} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise NoFile(_NUMBER.sub("", str(error)) or type(error).__name__) from None


def _shown(url: str) -> str:
    """Without a user and a password, and without the query of a redirect, which may be as good as one."""
    scheme, _, rest = url.partition("://")
    host, slash, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _read(file: Path) -> Iterator[bytes]:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            if not file.is_file():
                raise NoFile("it is no regular file")
            while chunk := opened.read(CHUNK):
                yield chunk
    except OSError as error:
        raise NoFile(error.strerror or str(error)) from None


@contextmanager
def _answer(url: str) -> Iterator[httpx2.Response]:
    """The body that redirects lead to. Proxies of the environment are used, except for plain http."""
    headers = {"User-Agent": f"driftline/{__version__}", "Accept-Encoding": "identity"}
    secure = urlsplit(url).scheme == "https"
    with httpx2.Client(timeout=SECONDS, trust_env=secure) as client:
        for _ in range(MAX_REDIRECTS + 1):
            with client.stream("GET", url, headers=headers) as response:
                if response.is_redirect:
                    url = urljoin(url, response.headers.get("location", ""))
                    if secure and urlsplit(url).scheme != "https":
                        raise NoFile("it redirects to an address without TLS")
                    continue
                if response.status_code != 200:
                    raise NoFile(f"{_shown(url)} answers with {response.status_code}")
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise NoFile("it is compressed, which was not asked for")
                yield response
                return
    raise NoFile("it redirects in a circle")
