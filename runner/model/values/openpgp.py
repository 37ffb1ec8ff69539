"""OpenPGP signatures as gpg reports them: how it is started, and what its status lines mean."""

from collections.abc import Container, Iterator
from urllib.parse import unquote

from runner.model.values.frozen import dataclass
from runner.model.values.paths import printable

# In a temporary home that contains only the keys to trust.
GPG = (
    "gpg", "--homedir", "gnupg", "--no-options", "--batch", "--no-tty", "--status-fd", "1",
    # No process stays behind, and no key comes from elsewhere, not even from the signature itself.
    "--no-autostart", "--disable-dirmngr", "--no-auto-key-retrieve", "--no-auto-key-import",
    "--trust-model", "always",
)  # fmt: skip
_STATUS = "[GNUPG:] "
_ONCE = ("NEWSIG", "GOODSIG", "VALIDSIG")  # for one good signature; gpg would accept several
NOT_ONE, BROKEN_HASH, NO_KEY = "NOT_ONE", "BROKEN_HASH", "NO_PUBKEY"
# gpg exits with 0 for an expired or a revoked key too: only these words show it.
_FLAWS = ("REVKEYSIG", "EXPKEYSIG", "EXPSIG", "BADSIG", NO_KEY, "ERRSIG")
_BROKEN_HASHES = frozenset({"1", "2", "3"})  # MD5, SHA-1, RIPEMD-160 in RFC 4880's numbers


@dataclass(frozen=True)
class Judged:
    """A signature. `flaw` is a word of gpg's, or one of ours, and empty for a good one; `key` is the primary key."""

    flaw: str = ""
    name: str = ""
    key: str = ""


def judge(code: int, output: bytes, trusted: Container[str]) -> Judged:
    """By the exit code and the status lines of `gpg --verify`; trusted are fingerprints of primary keys."""
    said = list(_status(output))
    facts = dict(said)
    flaw = next((word for word in _FLAWS if word in facts), None)
    if flaw is not None:
        return Judged(flaw)
    if code != 0 or any(sum(word == once for word, _ in said) != 1 for once in _ONCE):
        return Judged(NOT_ONE)
    name, valid = facts["GOODSIG"][1:], facts["VALIDSIG"]
    key = valid[-1]
    if key not in trusted:
        return Judged(NO_KEY)
    if valid[7] in _BROKEN_HASHES:
        return Judged(BROKEN_HASH)
    return Judged(name=printable(unquote(" ".join(name))), key=key)


def imported(output: bytes) -> frozenset[str]:
    """The fingerprints of the primary keys that `gpg --import` took."""
    return frozenset(words[1] for word, words in _status(output) if word == "IMPORT_OK" and len(words) == 2)


def _status(output: bytes) -> Iterator[tuple[str, list[str]]]:
    for line in output.decode(errors="replace").splitlines():
        if line.startswith(_STATUS):
            word, *words = line.removeprefix(_STATUS).split(" ")
            yield word, words
