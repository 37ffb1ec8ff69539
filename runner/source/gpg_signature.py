"""OpenPGP signatures of commits, judged by gpg in a temporary home that contains only the operator's keys."""

from collections.abc import Iterator
from urllib.parse import unquote

from runner.model.values.frozen import dataclass
from runner.model.values.paths import printable
from runner.source.signed_commit import Refused, Signed
from runner.source.trust import Bench

GPG = (
    "gpg", "--homedir", "gnupg", "--no-options", "--batch", "--no-tty", "--status-fd", "1",
    # No process stays behind, and no key comes from elsewhere, not even from the signature itself.
    "--no-autostart", "--disable-dirmngr", "--no-auto-key-retrieve", "--no-auto-key-import",
    "--trust-model", "always",
)  # fmt: skip
STATUS = "[GNUPG:] "
ONCE = ("NEWSIG", "GOODSIG", "VALIDSIG")  # for a commit with one good signature; gpg would accept several
# gpg exits with 0 for an expired or a revoked key too: only these words show it.
REASONS = {
    "REVKEYSIG": "its key is revoked in gpg_keys",
    "EXPKEYSIG": "its key has expired",
    "EXPSIG": "its signature has expired",
    "BADSIG": "its signature does not match it",
    "NO_PUBKEY": "its key is not in gpg_keys",
    "ERRSIG": "its signature cannot be checked",
}
BROKEN_HASHES = frozenset({"1", "2", "3"})  # MD5, SHA-1, RIPEMD-160 in RFC 4880's numbers


@dataclass(frozen=True)
class GpgSigners:
    bench: Bench
    trusted: frozenset[str]  # fingerprints of primary keys

    @classmethod
    def of(cls, bench: Bench) -> "GpgSigners":
        """With the keys of gpg_keys. VerifierFailed if there are none."""
        (bench.folder / "gnupg").mkdir(mode=0o700)
        ended = bench.ask(*GPG, "--import", "gpg_keys")
        taken = [words[1] for word, words in _status(ended.output) if word == "IMPORT_OK" and len(words) == 2]
        if ended.code != 0 or not taken:
            raise bench.failed(
                f"verify.gpg_keys: {bench.source.verify.gpg_keys}: {ended.error or 'it holds no key'}"
            )
        return cls(bench, frozenset(taken))

    def signer(self, signed: Signed) -> tuple[str, str]:
        """The user id and the fingerprint of the primary key, or Refused."""
        (self.bench.folder / "signature").write_bytes(signed.signature)
        ended = self.bench.ask(*GPG, "--verify", "signature", "-", stdin=signed.payload)
        said = list(_status(ended.output))
        facts = dict(said)
        for word, reason in REASONS.items():
            if word in facts:
                raise Refused(reason)
        if ended.code != 0 or any(sum(word == once for word, _ in said) != 1 for once in ONCE):
            raise Refused("it does not have exactly one good OpenPGP signature")
        name, valid = facts["GOODSIG"][1:], facts["VALIDSIG"]
        key = valid[-1]
        if key not in self.trusted:
            raise Refused(REASONS["NO_PUBKEY"])
        if valid[7] in BROKEN_HASHES:
            raise Refused("its signature uses a hash that is broken")
        return printable(unquote(" ".join(name))), f"OpenPGP key {key}"


def _status(output: bytes) -> Iterator[tuple[str, list[str]]]:
    """The words of gpg's status lines."""
    for line in output.decode(errors="replace").splitlines():
        if line.startswith(STATUS):
            word, *words = line.removeprefix(STATUS).split(" ")
            yield word, words
