"""Keys of people, made on the spot, and commits that they sign with the real programs."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from remote.repository import Remote

EXPIRED = 'namespaces="git",valid-before="20200101"'
FOUR_YEARS_EARLIER = "2019-06-01T12:00:00Z"


@dataclass(frozen=True)
class SshKey:
    path: Path

    @classmethod
    def made(cls, folder: Path, name: str) -> "SshKey":
        path = folder / name
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True
        )
        return cls(path)

    @property
    def public(self) -> str:
        return self.path.with_suffix(".pub").read_text()

    def line(self, principal: str, options: str = 'namespaces="git"') -> str:
        """Of allowed_signers."""
        return f"{principal} {options} {self.public}"

    def commit(self, remote: Remote, env: Mapping[str, str] | None = None, *words: str) -> str:
        remote.git(
            "-c", "gpg.format=ssh", "-c", f"user.signingkey={self.path}",
            *(words or ("commit", "--quiet", "--allow-empty", "--message=signed")), "--gpg-sign", env=env,
        )  # fmt: skip
        return remote.head

    def sign(self, payload: bytes, namespace: str = "git") -> bytes:
        words = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(self.path)]
        return subprocess.run(words, input=payload, check=True, capture_output=True).stdout


@dataclass(frozen=True)
class GpgHome:
    """A person's own keyring, with an agent that ends with the test."""

    folder: Path

    def run(self, *words: str, stdin: bytes = b"") -> bytes:
        argv = [
            "gpg",
            "--batch",
            "--yes",
            "--quiet",
            "--passphrase",
            "",
            "--pinentry-mode",
            "loopback",
            *words,
        ]
        env = {"PATH": os.environ["PATH"], "GNUPGHOME": str(self.folder)}
        return subprocess.run(argv, input=stdin, env=env, check=True, capture_output=True).stdout

    def make(self, name: str, *, expired: bool = False) -> None:
        then = ("--faked-system-time", "20190601T000000") if expired else ()
        life = "30d" if expired else "never"
        self.run(*then, "--quick-gen-key", f"{name} <{name}@example.com>", "ed25519", "sign", life)

    def revocation(self, name: str) -> bytes:
        """The certificate that gpg makes with each key, ready for use."""
        listed = self.run("--with-colons", "--list-keys", f"{name}@example.com").decode()
        key = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))
        certificate = (self.folder / "openpgp-revocs.d" / f"{key}.rev").read_text()
        return certificate.replace(":-----BEGIN", "-----BEGIN").encode()

    def commit(self, remote: Remote, name: str, *, back_dated: bool = False) -> str:
        program = self.folder / "gpg-then"
        program.write_text(f'#!/bin/sh\nexec gpg{" --faked-system-time 20190602T000000" * back_dated} "$@"\n')
        program.chmod(0o700)
        env = {"GNUPGHOME": str(self.folder)}
        if back_dated:
            env["GIT_COMMITTER_DATE"] = FOUR_YEARS_EARLIER
        remote.git(
            "-c", f"gpg.program={program}", "-c", f"user.signingkey={name}@example.com",
            "commit", "--quiet", "--allow-empty", "--message=signed", "--gpg-sign", env=env,
        )  # fmt: skip
        return remote.head


@contextmanager
def gpg_home() -> Iterator[GpgHome]:
    # Not below pytest's folder: the path of an agent's socket has to be short.
    with tempfile.TemporaryDirectory(prefix="gpg-", ignore_cleanup_errors=True) as folder:
        try:
            yield GpgHome(Path(folder))
        finally:
            subprocess.run(
                ["gpgconf", "--homedir", folder, "--kill", "all"], check=False, capture_output=True
            )


def with_header(remote: Remote, commit: bytes, signature: bytes, header: str = "gpgsig") -> str:
    """Put a signature into a commit by hand and make that the branch's head."""
    head, separator, message = commit.partition(b"\n\n")
    folded = signature.rstrip(b"\n").replace(b"\n", b"\n ")
    return as_head(remote, head + b"\n" + header.encode() + b" " + folded + separator + message)


def as_head(remote: Remote, commit: bytes) -> str:
    revision = remote.git("hash-object", "-w", "-t", "commit", "--literally", "--stdin", stdin=commit)
    remote.git("update-ref", "refs/heads/main", revision)
    return revision


def raw(remote: Remote, revision: str) -> bytes:
    return (remote.git("cat-file", "commit", revision) + "\n").encode()
