"""OpenPGP signatures of commits, judged by gpg in a temporary home that contains only the operator's keys."""

from runner.model.values.frozen import dataclass
from runner.model.values.openpgp import BROKEN_HASH, GPG, NO_KEY, NOT_ONE, imported, judge
from runner.source.signed_commit import Refused, Signed
from runner.source.trust import Bench

REASONS = {
    "REVKEYSIG": "its key is revoked in gpg_keys",
    "EXPKEYSIG": "its key has expired",
    "EXPSIG": "its signature has expired",
    "BADSIG": "its signature does not match it",
    NO_KEY: "its key is not in gpg_keys",
    "ERRSIG": "its signature cannot be checked",
    NOT_ONE: "it does not have exactly one good OpenPGP signature",
    BROKEN_HASH: "its signature uses a hash that is broken",
}


@dataclass(frozen=True)
class GpgSigners:
    bench: Bench
    trusted: frozenset[str]  # fingerprints of primary keys

    @classmethod
    def of(cls, bench: Bench) -> "GpgSigners":
        """With the keys of gpg_keys. VerifierFailed if there are none."""
        (bench.folder / "gnupg").mkdir(mode=0o700)
        ended = bench.ask(*GPG, "--import", "gpg_keys")
        taken = imported(ended.output)
        if ended.code != 0 or not taken:
            raise bench.failed(
                f"verify.gpg_keys: {bench.source.verify.gpg_keys}: {ended.error or 'it holds no key'}"
            )
        return cls(bench, taken)

    def signer(self, signed: Signed) -> tuple[str, str]:
        """The user id and the fingerprint of the primary key, or Refused."""
        (self.bench.folder / "signature").write_bytes(signed.signature)
        ended = self.bench.ask(*GPG, "--verify", "signature", "-", stdin=signed.payload)
        judged = judge(ended.code, ended.output, self.trusted)
        if judged.flaw:
            raise Refused(REASONS[judged.flaw])
        return judged.name, f"OpenPGP key {judged.key}"
