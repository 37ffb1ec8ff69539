"""SSH signatures of commits, judged by `ssh-keygen -Y verify`: whether the key is valid now, whatever date a
commit claims.
"""

import re

from runner.model.values.frozen import dataclass
from runner.model.values.paths import printable
from runner.source.command import Ended
from runner.source.signed_commit import Refused, Signed
from runner.source.trust import Bench

NAMESPACE = "git"  # a signature made for a file or a login is not valid for a commit
GOOD = re.compile(r'Good "git" signature (?:for .* )?with (?P<key>\S+ key \S+)')
# ssh-keygen's messages on stderr; they only select the sentence, never the verdict.
REASONS = (
    ("key has expired", "its key has expired in allowed_signers"),
    ("key is not yet valid", "its key is not valid yet in allowed_signers"),
    ("not permitted for use in signature namespace", "allowed_signers does not permit its key for git"),
    ("namespace does not match", "its signature was made for a purpose other than git"),
)


@dataclass(frozen=True)
class SshSigners:
    bench: Bench

    def signer(self, signed: Signed) -> tuple[str, str]:
        """The principal of allowed_signers and the key, or Refused."""
        (self.bench.folder / "signature").write_bytes(signed.signature)
        # Without -Overify-time both use the current time. git would pass the date that the commit claims.
        found = self._ask("find-principals", *self._allowed)
        principals = found.output.decode(errors="replace").splitlines() if found.code == 0 else []
        revoked = ("-r", "revoked") if self.bench.has("revoked") else ()
        said = found.error
        for principal in principals:
            ended = self._verify(signed, principal, *revoked)
            good = _good(ended)
            if good is not None:
                return printable(principal), good
            said += ended.error
        raise Refused(self._why(signed, principals, said))

    @property
    def _allowed(self) -> tuple[str, ...]:
        return ("-f", "allowed_signers")

    def _verify(self, signed: Signed, principal: str, *revoked: str) -> Ended:
        words = ("verify", *self._allowed, "-n", NAMESPACE, "-I", principal, *revoked)
        return self._ask(*words, stdin=signed.payload)

    def _ask(self, *words: str, stdin: bytes = b"") -> Ended:
        return self.bench.ask("ssh-keygen", "-Y", *words, "-s", "signature", stdin=stdin)

    def _why(self, signed: Signed, principals: list[str], said: str) -> str:
        for words, reason in REASONS:
            if words in said:
                return reason
        if any(_good(self._verify(signed, principal)) for principal in principals):
            return "its key is revoked"
        alone = self._ask("check-novalidate", "-n", NAMESPACE, stdin=signed.payload)
        key = _good(alone)
        if key is not None:
            return f"its {key} is not in allowed_signers"
        said = alone.error
        return next((reason for words, reason in REASONS if words in said), "its signature does not match it")


def _good(ended: Ended) -> str | None:
    """The key, as ssh-keygen names it, if the signature is good."""
    lines = ended.output.decode(errors="replace").splitlines()
    good = GOOD.fullmatch(lines[0]) if ended.code == 0 and len(lines) == 1 else None
    return good["key"] if good else None
