"""Who signed a commit, as it was verified."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from runner.model.approval.approval import Commit
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Signature:
    """Who signed a commit, by the operator's own list: proof, whereas `Commit` only has claims."""

    revision: str
    signer: str  # the principal of allowed_signers, or the user id of the OpenPGP key
    key: str


def signed(commit: Commit, signatures: Iterable[Signature]) -> Commit:
    """The commit with its signer, if that was verified."""
    by = next((one.signer for one in signatures if one.revision == commit.revision), "")
    return replace(commit, signed_by=by)


def proof(old: str | None, new: str, signatures: Sequence[Signature]) -> dict[str, object]:
    """For the audit log: the commits between two heads, and whose keys signed them."""
    signers = dict.fromkeys(f"{one.signer}, {one.key}" for one in signatures)
    return {"from": old, "to": new, "commits": len(signatures), "signed_by": list(signers)}
