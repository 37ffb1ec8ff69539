"""A Git server as each forge names the heads of its pull requests, with refs that were pushed there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from http_remote import Seen, serving
from remote.repository import Remote

from runner.model.preview.heads import Merge, PullHead

Files = Mapping[str, str | bytes | None]


@dataclass(frozen=True)
class Forge:
    """`beside` are refs that it makes for the same request, and that are no heads."""

    pattern: str
    beside: tuple[str, ...] = ()


FORGES = {
    "github": Forge("refs/pull/*/head", ("refs/pull/*/merge",)),
    "gitea": Forge("refs/pull/*/head"),
    "gitlab": Forge("refs/merge-requests/*/head", ("refs/merge-requests/*/merge", "refs/pipelines/*")),
    "bitbucket": Forge("refs/pull-requests/*/from", ("refs/pull-requests/*/merge",)),
}


class Host:
    """`work` is everybody's checkout; `remote.source` is the server."""

    def __init__(self, remote: Remote, forge: Forge = FORGES["github"], object_format: str = "sha1") -> None:
        self.remote = remote
        self.forge = forge
        self.server = remote.root / "served" / "server.git"
        words = ("--quiet", "--bare", "--initial-branch=main", f"--object-format={object_format}")
        remote.git_at(remote.root, "init", *words, str(self.server))
        remote.git_at(self.server, "config", "http.receivepack", "true")
        self.push_url = self.server.as_uri()
        remote.source = replace(remote.source, url=self.push_url)

    @contextmanager
    def over_http(self) -> Iterator[Seen]:
        with serving(self.server.parent) as seen:
            self.push_url = f"{seen.url}{self.server.name}"
            self.remote.source = replace(self.remote.source, url=self.push_url)
            yield seen

    def push(self, *refspecs: str) -> None:
        self.remote.git("push", "--quiet", "--force", self.push_url, *refspecs)

    def main(self, files: Files, message: str = "a change") -> str:
        """A commit on main, fetched as by a poll."""
        self.remote.git("checkout", "--quiet", "main") if self._begun else None
        revision = self.remote.commit(files, message)
        self.push("main")
        self.remote.taken()
        return revision

    def open(self, number: int, files: Files, *, branch: str = "", onto: str = "main") -> PullHead:
        """A request from a branch of the repository, or without one from a fork."""
        self.remote.git("checkout", "--quiet", "--detach", onto)
        self.remote.commit(files, f"request {number}")
        return self.show(number, self.remote.head, branch)

    def show(self, number: int, revision: str, branch: str = "") -> PullHead:
        """The request's refs, as the forge makes them."""
        names = [name.replace("*", str(number)) for name in (self.forge.pattern, *self.forge.beside)]
        self.push(*(f"{revision}:{name}" for name in names))
        if branch:
            self.push(f"{revision}:refs/heads/{branch}")
        self.remote.git("checkout", "--quiet", "main")
        return PullHead(number, names[0], revision, bool(branch))

    def heads(self) -> tuple[PullHead, ...]:
        remote = self.remote
        return remote.mirrors.pull_heads(remote.source, (self.forge.pattern,), "main").heads

    def merged(self, head: PullHead, base: str = "") -> Merge:
        remote = self.remote
        remote.mirrors.fetch_pull(remote.source, head)
        return remote.mirrors.merge(
            remote.source, head.number, base or remote.git("rev-parse", "main"), head.revision
        )

    def paths(self, revision: str) -> list[str]:
        return [e.path for e in self.remote.mirrors.tree(self.remote.source, revision) if e.kind != "tree"]

    def git(self, *words: str, cwd: Path | None = None) -> str:
        return self.remote.git_at(cwd or self.remote.path, *words)

    @property
    def _begun(self) -> bool:
        return bool(self.remote.git("for-each-ref", "refs/heads/main"))
