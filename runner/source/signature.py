"""Whether commits are signed by people the operator trusts. The verifying program is chosen here and by no
configuration.
"""

import time
from collections.abc import Iterator, Sequence

from runner.errors import Untrusted
from runner.model.approval.signature import Signature
from runner.model.settings.source import SourceSettings
from runner.source import arguments
from runner.source.gpg_signature import GpgSigners
from runner.source.mirror import Mirror
from runner.source.signed_commit import Refused, Signed, read
from runner.source.ssh_signature import SshSigners
from runner.source.trust import Bench, bench

SSH, OPENPGP = b"-----BEGIN SSH SIGNATURE-----\n", b"-----BEGIN PGP SIGNATURE-----\n"
MAX_COMMITS = 2_000  # commits in one push; each takes two short processes
BATCH = 50
LONGEST = 300.0  # seconds for one whole push; each answer has its own deadline
LARGEST = 1 << 20  # bytes of one commit


def verify(mirror: Mirror, old: str | None, new: str) -> tuple[Signature, ...]:
    """Who signed `new` and, if every commit counts, everything that came with it since `old`. Untrusted at
    the first bad one.
    """
    source = mirror.source
    if source.verify.mode == "off":
        return ()
    revisions = [new]
    if source.verify.mode == "since_applied" and old is not None:
        revisions += [revision for revision in _since(mirror, old, new) if revision != new]
    with bench(source, mirror.timeout) as made:
        judge, until = _Judge(made, new), time.monotonic() + LONGEST
        signatures: list[Signature] = []
        for revision, commit in _commits(mirror, revisions):
            if time.monotonic() > until:
                reason = (
                    f"{len(signatures)} of {len(revisions)} commits were verified in {LONGEST:.0f} seconds"
                )
                raise made.failed(reason)
            try:
                signatures.append(judge.signature(revision, commit))
            except Untrusted as refused:
                if old is None or source.verify.mode == "head":
                    raise
                raise Untrusted(**refused.facts, hint=_sign_again(mirror, old, new, revision)) from refused
        return tuple(signatures)


def signers(mirror: Mirror, revisions: Sequence[str]) -> dict[str, str]:
    """The proven signer of each; empty without a trusted signature. VerifierFailed when time runs out."""
    found: dict[str, str] = {}
    with bench(mirror.source, mirror.timeout) as made:
        judge, until = _Judge(made, ""), time.monotonic() + LONGEST
        for revision, commit in _commits(mirror, revisions):
            if time.monotonic() > until:
                raise made.failed(
                    f"{len(found)} of {len(revisions)} commits were read in {LONGEST:.0f} seconds"
                )
            try:
                found[revision] = judge.signature(revision, commit).signer
            except Untrusted:
                found[revision] = ""
    return found


def _sign_again(mirror: Mirror, old: str, new: str, refused: str) -> str:
    """If every commit counts, another one on top does not help."""
    base = old if mirror.is_ancestor(old, new) else f"{refused}~"
    return (
        f"in a checkout of {mirror.source.branch}, where every commit since {base[:12]} has to be signed:\n"
        f"git rebase --rebase-merges --force-rebase --gpg-sign {base}\n"
        f"then   git push --force-with-lease   then   driftline source sync {mirror.source.name}\n"
        "or, if the commit should be trusted, fix the files under verify of the source"
    )


def check_trust(source: SourceSettings, timeout: float) -> None:
    """Read the operator's files like a verification would; VerifierFailed if they are unusable."""
    with bench(source, timeout) as made:
        _Judge(made, "")
        if made.has("allowed_signers"):
            made.ask("ssh-keygen", "-Y", "find-principals", "-f", "allowed_signers", "-s", "allowed_signers")


class _Judge:
    """The verifiers of one source; a signature type without keys is refused."""

    def __init__(self, made: Bench, head: str) -> None:
        self._head = head
        self._source = made.source.name
        self._verifiers: dict[bytes, SshSigners | GpgSigners] = {}
        if made.has("allowed_signers"):
            self._verifiers[SSH] = SshSigners(made)
        if made.has("gpg_keys"):
            self._verifiers[OPENPGP] = GpgSigners.of(made)

    def signature(self, revision: str, commit: bytes | None) -> Signature:
        try:
            signer, key = self._signer(read(revision, _complete(commit)))
        except Refused as refused:
            raise Untrusted(
                source=self._source,
                commit=revision[:12],
                revision=revision,
                head=self._head,
                reason=str(refused),
            ) from refused
        return Signature(revision, signer, key)

    def _signer(self, signed: Signed) -> tuple[str, str]:
        for armor, verifier in self._verifiers.items():
            if signed.signature.startswith(armor):
                return verifier.signer(signed)
        kinds = " or ".join("SSH" if armor == SSH else "OpenPGP" for armor in self._verifiers)
        raise Refused(f"its signature is not one of the kinds this source trusts: {kinds}")


def _complete(commit: bytes | None) -> bytes:
    if commit is None:
        raise Refused(f"it is larger than {LARGEST} bytes")
    return commit


def _since(mirror: Mirror, old: str, new: str) -> list[str]:
    """The commits that `new` adds to `old`, including merged branches; all of it if `old` is gone."""
    known = old if mirror.has(old) else None
    ended = mirror.local("rev-list", arguments.rev_list(mirror.path, new, known, MAX_COMMITS + 1))
    revisions = ended.output.decode().split()
    if len(revisions) > MAX_COMMITS:
        reason = f"it brings more than {MAX_COMMITS} commits; accept it once with verify.mode: head"
        raise Untrusted(source=mirror.source.name, commit=new[:12], revision=new, head=new, reason=reason)
    return revisions


def _commits(mirror: Mirror, revisions: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    """The commit objects, None for one that is too large."""
    for at in range(0, len(revisions), BATCH):
        # Read completely before any is judged: git's deadline covers only reading.
        with mirror.contents(revisions[at : at + BATCH]) as contents:
            read_now = [
                (revision, b"".join(chunks) if size <= LARGEST else None)
                for revision, size, chunks in contents
            ]
        yield from read_now
