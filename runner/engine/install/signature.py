"""Whether the sums of a release are signed by its vendor, judged by gpg with that one key."""

import os
from pathlib import Path

from runner.errors import EngineUntrusted, Timeout
from runner.host.files import private_folder
from runner.model.engine.release import Release
from runner.model.values.openpgp import BROKEN_HASH, GPG, NO_KEY, NOT_ONE, imported, judge
from runner.process.run import Command, Finished, Stopped, run

KEYS = Path(__file__).with_name("keys")
DEADLINE = 30.0
FLAWS = {
    "REVKEYSIG": "the key that signed it is revoked",
    "EXPKEYSIG": "the key that signed it has expired",
    "EXPSIG": "its signature has expired",
    "BADSIG": "its signature does not match it",
    NO_KEY: "it is not signed by the key of {signer} ({fingerprint})",
    "ERRSIG": "its signature cannot be checked",
    NOT_ONE: "it does not have exactly one good OpenPGP signature",
    BROKEN_HASH: "its signature uses a hash that is broken",
}
OTHER_WAY = "compare the archive's SHA-256 yourself and name it with --sha256"


def signer_of(folder: Path, release: Release, key: Path | None) -> str:
    """The key that signed the sums in the folder; EngineUntrusted if it is not the vendor's.

    `key` is a file with a newer copy of that key, such as one that expires later.
    """
    vendor = release.vendor
    private_folder(folder / "gnupg")
    (folder / "key").write_bytes(_key(release, key))
    _, output = _ask(folder, release, "--import", "key")
    if vendor.fingerprint not in imported(output):
        problem = f"it does not contain the key of {vendor.signer} ({vendor.fingerprint})"
        hint = f"fetch {vendor.key_url}, and name the file with --key"
        raise EngineUntrusted(file=key, problem=problem, hint=hint)
    ended, output = _ask(folder, release, "--verify", release.signature, release.sums)
    judged = judge(ended.exit_code, output, {vendor.fingerprint})
    if judged.flaw:
        problem = FLAWS[judged.flaw].format(signer=vendor.signer, fingerprint=vendor.fingerprint)
        expired = f"fetch {vendor.key_url}, and name the file with --key FILE"
        hint = expired if judged.flaw == "EXPKEYSIG" else OTHER_WAY
        raise EngineUntrusted(file=release.sums, problem=problem, hint=hint)
    return judged.key


def _key(release: Release, key: Path | None) -> bytes:
    try:
        return (key or KEYS / f"{release.row.name}.asc").read_bytes()
    except OSError as error:
        raise EngineUntrusted(file=key, problem=error.strerror) from error


def _ask(folder: Path, release: Release, *words: str) -> tuple[Finished, bytes]:
    env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LC_ALL": "C"}
    output = folder / "gpg.output"
    try:
        ended = run(Command((*GPG, *words), folder, env, output, folder / "gpg.errors", deadline=DEADLINE))
    except FileNotFoundError:
        problem = "gpg is not installed, so its signature cannot be checked"
        raise EngineUntrusted(
            file=release.sums, problem=problem, hint=f"apt install gnupg   or   {OTHER_WAY}"
        ) from None
    if ended.stopped is Stopped.DEADLINE:
        raise Timeout(what="gpg", seconds=f"{DEADLINE:g}")
    return ended, output.read_bytes()
