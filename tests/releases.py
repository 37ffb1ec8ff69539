"""Releases of engines as vendors publish them, and a server that has them. They are signed by keys made for the test."""

import hashlib
import shutil
import stat
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from remote.signing import GpgHome

from runner.engine.install import signature
from runner.host.machine import target
from runner.model.engine.release import VENDORS, Release, release

REAL = shutil.which("terraform") or "terraform"
Entry = tuple[str, bytes, int]  # name, content, mode


def says(product: str, version: str, does: str = "exit 1") -> bytes:
    """A program that answers as an engine of this version."""
    return (
        f'#!/bin/sh\n[ "$1" = version ] && {{ echo "{product} v{version}"; echo; exit; }}\n{does}\n'.encode()
    )


def zipped(path: Path, *entries: Entry) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in entries:
            about = zipfile.ZipInfo(name)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = mode << 16
            archive.writestr(about, content)
    return path


def plain(name: str, content: bytes) -> Entry:
    return name, content, stat.S_IFREG | 0o755


@dataclass
class Shelf:
    """The files of releases in a folder, as they lie below the address of a version."""

    folder: Path
    gpg: GpgHome
    served: list[str] = field(default_factory=list)

    def sign(self, of: Release, by: str = "vendor", *, back_dated: bool = False) -> None:
        then = ("--faked-system-time", "20190602T000000") if back_dated else ()
        words = ("--detach-sign", "--local-user", f"{by}@example.com", "--output", "-")
        sums = self.folder / of.sums
        (self.folder / of.signature).write_bytes(self.gpg.run(*then, *words, stdin=sums.read_bytes()))

    def put(self, of: Release, *entries: Entry) -> Path:
        """An archive with its sums, beside those of other platforms."""
        archive = zipped(self.folder / of.archive, *entries)
        self.sum(of)
        return archive

    def sum(self, of: Release) -> None:
        digest = hashlib.sha256((self.folder / of.archive).read_bytes()).hexdigest()
        other = f"{'0' * 64}  {of.row.name}_{of.version}_plan9_mips.zip"
        (self.folder / of.sums).write_text(f"{other}\n{digest}  {of.archive}\n")

    def publish(
        self, engine: str = "terraform", version: str = "1.9.8", does: str = "exit 1", *, signed: bool = True
    ) -> Release:
        of = release(engine, version, target())
        text = says(of.row.product, version, does)
        self.put(of, plain("LICENSE.txt", b"a licence"), plain(of.program, text))
        if signed:
            self.sign(of)
        return of

    def trust(self, patch: pytest.MonkeyPatch, engine: str = "terraform", name: str = "vendor") -> None:
        """Make this key the one that Driftline contains."""
        patch.setitem(VENDORS, engine, replace(VENDORS[engine], fingerprint=self.fingerprint(name)))
        keys = self.folder.with_name("keys")
        keys.mkdir(exist_ok=True)
        (keys / f"{engine}.asc").write_bytes(self.exported(name))
        patch.setattr(signature, "KEYS", keys)

    def fingerprint(self, name: str) -> str:
        listed = self.gpg.run("--with-colons", "--list-keys", f"{name}@example.com").decode()
        return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))

    def exported(self, name: str) -> bytes:
        return self.gpg.run("--armor", "--export", f"{name}@example.com")

    @contextmanager
    def serving(self, **changes: Any) -> Iterator[str]:
        """The address; each version has a folder below it. `changes` are attributes of the handler."""
        shelf = self

        class Handler(SimpleHTTPRequestHandler):
            cut: int | None = None  # bytes of an archive after which the connection ends
            elsewhere: Mapping[str, str] = {}

            def translate_path(self, path: str) -> str:
                return str(shelf.folder / Path(path).name)

            def do_GET(self) -> None:
                shelf.served.append(self.path)
                if (cut := self.cut) is not None and self.path.endswith(".zip"):
                    content = Path(self.translate_path(self.path)).read_bytes()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content[:cut])
                    self.close_connection = True
                elif address := self.elsewhere.get(Path(self.path).suffix):
                    self.send_response(302)
                    self.send_header("Location", address)
                    self.end_headers()
                else:
                    super().do_GET()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 # the base class names it so
                pass

        kind = type("Handler", (Handler,), changes)
        with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/mirror"
            finally:
                server.shutdown()
                thread.join()
