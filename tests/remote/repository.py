"""A real repository to poll, made with plain git, and a mirror of it in a data directory of its own."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from runner.model.settings.source import SourceAuth, SourceSettings
from runner.source.mirrors import GitMirrors

PLAIN = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ana",
    "GIT_AUTHOR_EMAIL": "ana@example.com",
    "GIT_COMMITTER_NAME": "Bo",
    "GIT_COMMITTER_EMAIL": "bo@example.com",
}


@dataclass
class Remote:
    root: Path
    timeout: float = 30.0
    source: SourceSettings = field(init=False)

    def __post_init__(self) -> None:
        self.path = self.root / "remote"
        self.data = self.root / "data"
        self.data.mkdir(parents=True)
        self.git_at(self.root, "init", "--quiet", "--initial-branch=main", str(self.path))
        self.source = SourceSettings(name="infra", url=self.path.as_uri())

    # The remote

    def git_at(
        self, place: Path, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=place,
            input=stdin,
            env={**PLAIN, **(env or {})},
            check=True,
            capture_output=True,
        )
        return done.stdout.decode().strip()

    def git(self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        return self.git_at(self.path, *words, stdin=stdin, env=env)

    def commit(self, files: Mapping[str, str | bytes | None] | None = None, message: str = "a change") -> str:
        """Write files, or with None remove them; the commit's id."""
        self.write(files or {})
        self.git("add", "--all", ".")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self.head

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def rewrite(self, message: str = "rewritten") -> str:
        self.git("commit", "--quiet", "--amend", "--allow-empty", f"--message={message}")
        return self.head

    def commit_raw_tree(self, *entries: tuple[str, str, str]) -> str:
        """A commit of a tree that git itself would not make: mode, object id and name of its entries."""
        records = b"".join(
            mode.encode() + b" " + os.fsencode(name) + b"\0" + bytes.fromhex(oid)
            for mode, oid, name in entries
        )
        tree = self.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=records)
        commit = self.git("commit-tree", tree, "-m", "a tree made by hand", "-p", "HEAD")
        self.git("update-ref", "refs/heads/main", commit)
        return commit

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=content)

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    # The mirror

    @property
    def mirrors(self) -> GitMirrors:
        return GitMirrors(self.data, self.timeout)

    @property
    def mirror(self) -> Path:
        return self.data / "mirrors" / f"{self.source.name}.git"

    def taken(self) -> str:
        """Fetch the head, as a poll does."""
        head = self.mirrors.head(self.source)
        self.mirrors.fetch(self.source, head)
        return head

    def at(self, url: str, auth: SourceAuth | None = None) -> SourceSettings:
        return replace(self.source, url=url, auth=auth or SourceAuth())
