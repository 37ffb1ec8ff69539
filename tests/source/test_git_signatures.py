"""Commits are trusted by their signatures and by the operator's files, and by nothing that a repository holds."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pytest
from remote.repository import Remote
from remote.signing import (
    EXPIRED,
    FOUR_YEARS_EARLIER,
    GpgHome,
    SshKey,
    as_head,
    gpg_home,
    raw,
    with_header,
)

from runner.errors import DriftlineError, Untrusted, VerifierFailed
from runner.model.approval.signature import Signature
from runner.model.preview.heads import PullHead
from runner.model.settings.source import Verify
from runner.source import signature

needs_tools = pytest.mark.skipif(
    not (shutil.which("ssh-keygen") and shutil.which("gpg")), reason="no ssh-keygen or no gpg on PATH"
)
pytestmark = needs_tools


@dataclass(frozen=True)
class Keys:
    """Everybody's keys, and the operator's files that tell which of them count."""

    folder: Path
    gpg: GpgHome

    def ssh(self, name: str) -> SshKey:
        return SshKey(self.folder / name)

    def verify(self, mode: Literal["head", "since_applied"] = "head") -> Verify:
        return Verify(mode, *(self.folder / key for key in ("allowed_signers", "gpg_keys", "revoked")))

    def verify_with(self, key: str, path: Path | None) -> Verify:
        changed: dict[str, Any] = {key: path}
        return replace(self.verify(), **changed)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    folder = tmp_path_factory.mktemp("keys")
    made = {
        name: SshKey.made(folder, name) for name in ("ana", "bo", "gone", "later", "files", "lost", "mallory")
    }
    (folder / "allowed_signers").write_text(
        "# who may sign\n\n"
        + made["ana"].line("ana@example.com")
        + made["bo"].line("bo@example.com,bo@example.org", "")
        + made["gone"].line("gone@example.com", EXPIRED)
        + made["later"].line("later@example.com", 'valid-after="21000101"')
        + made["files"].line("files@example.com", 'namespaces="file"')
        + made["lost"].line("lost@example.com")
    )
    (folder / "revoked").write_text(made["lost"].public)
    with gpg_home() as home, gpg_home() as operator:
        home.make("gina")
        home.make("rita")
        home.make("otto", expired=True)
        operator.run("--import", stdin=home.run("--export"))
        operator.run("--import", stdin=home.revocation("rita"))
        (folder / "gpg_keys").write_bytes(operator.run("--armor", "--export"))
        home.make("mallory")
        yield Keys(folder, home)


@pytest.fixture
def signed(remote: Remote, keys: Keys) -> Remote:
    remote.source = replace(remote.source, verify=keys.verify())
    return remote


def verified(remote: Remote, old: str | None = None) -> tuple[Signature, ...]:
    return remote.mirrors.verify(remote.source, old, remote.taken())


def refusal(remote: Remote, old: str | None = None) -> str:
    with pytest.raises(Untrusted) as refused:
        verified(remote, old)
    assert refused.value.exit_code == 6
    return str(refused.value.facts["reason"])


def since(remote: Remote, keys: Keys) -> None:
    remote.source = replace(remote.source, verify=keys.verify("since_applied"))


# Good ones


def test_a_commit_signed_by_a_known_ssh_key_is_trusted_and_names_its_signer(
    signed: Remote, keys: Keys
) -> None:
    head = keys.ssh("ana").commit(signed)
    (found,) = verified(signed)
    assert (found.revision, found.signer) == (head, "ana@example.com")
    assert found.key.startswith("ED25519 key SHA256:")


def test_a_signer_with_several_names_is_shown_by_the_first(signed: Remote, keys: Keys) -> None:
    keys.ssh("bo").commit(signed)
    assert [one.signer for one in verified(signed)] == ["bo@example.com"]


def test_a_commit_signed_by_a_known_openpgp_key_names_its_signer(signed: Remote, keys: Keys) -> None:
    keys.gpg.commit(signed, "gina")
    (found,) = verified(signed)
    assert found.signer == "gina <gina@example.com>"
    assert found.key.startswith("OpenPGP key ")


def test_a_repository_of_sha256_is_verified_too(tmp_path: Path, keys: Keys) -> None:
    remote = Remote(tmp_path)
    shutil.rmtree(remote.path)
    remote.git_at(
        tmp_path, "init", "--quiet", "--initial-branch=main", "--object-format=sha256", str(remote.path)
    )
    remote.source = replace(remote.source, verify=keys.verify("since_applied"))
    old = keys.ssh("ana").commit(remote)
    keys.gpg.commit(remote, "gina")
    keys.ssh("ana").commit(remote)
    assert [one.signer[:4] for one in verified(remote, old)] == ["ana@", "gina"]
    as_head(remote, raw(remote, remote.head).replace(b"\nsigned", b"\nforged"))
    assert refusal(remote) == "its signature does not match it"


def test_a_certificate_of_a_trusted_authority_is_enough(signed: Remote, keys: Keys, tmp_path: Path) -> None:
    authority, person = SshKey.made(tmp_path, "authority"), SshKey.made(tmp_path, "person")
    subprocess.run(
        ["ssh-keygen", "-q", "-s", str(authority.path), "-I", "id", "-n", "pia@example.com",
         str(person.path.with_suffix(".pub"))],
        check=True,
    )  # fmt: skip
    allowed = tmp_path / "allowed_signers"
    allowed.write_text(authority.line("*@example.com", "cert-authority"))
    signed.source = replace(signed.source, verify=keys.verify_with("allowed_signers", allowed))
    signed.git(
        "-c", "gpg.format=ssh", "-c", f"user.signingkey={tmp_path / 'person-cert.pub'}",
        "commit", "--quiet", "--allow-empty", "--message=signed", "--gpg-sign",
    )  # fmt: skip
    assert [one.signer for one in verified(signed)] == ["pia@example.com"]


def test_nothing_is_asked_where_it_is_off(remote: Remote) -> None:
    remote.commit()
    assert verified(remote) == ()


# Bad ones


def unsigned(remote: Remote, keys: Keys) -> None:
    remote.commit()


def tampered(remote: Remote, keys: Keys) -> None:
    as_head(remote, raw(remote, keys.ssh("ana").commit(remote)).replace(b"\nsigned", b"\nforged"))


def tampered_openpgp(remote: Remote, keys: Keys) -> None:
    as_head(remote, raw(remote, keys.gpg.commit(remote, "gina")).replace(b"\nsigned", b"\nforged"))


def for_files(remote: Remote, keys: Keys) -> None:
    commit = raw(remote, remote.commit())
    with_header(remote, commit, keys.ssh("ana").sign(commit, "file"))


def twice(remote: Remote, keys: Keys) -> None:
    """A second signature behind the first, which git would show or not, as it likes."""
    commit = raw(remote, keys.ssh("ana").commit(remote))
    with_header(remote, commit, keys.ssh("bo").sign(commit))


def for_the_other_hash(remote: Remote, keys: Keys) -> None:
    commit = raw(remote, remote.commit())
    with_header(remote, commit, keys.ssh("ana").sign(commit), "gpgsig-sha256")


def unknown_kind(remote: Remote, keys: Keys) -> None:
    commit = raw(remote, remote.commit())
    with_header(remote, commit, b"-----BEGIN SIGNED MESSAGE-----\nAAAA\n-----END SIGNED MESSAGE-----\n")


def nonsense(remote: Remote, keys: Keys) -> None:
    commit = raw(remote, remote.commit())
    with_header(remote, commit, b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n")


def nonsense_openpgp(remote: Remote, keys: Keys) -> None:
    commit = raw(remote, remote.commit())
    with_header(remote, commit, b"-----BEGIN PGP SIGNATURE-----\n\niHUE\n-----END PGP SIGNATURE-----\n")


def two_openpgp(remote: Remote, keys: Keys) -> None:
    """Two good signatures in one armor: which of the two signers would be shown?"""
    commit = raw(remote, remote.commit())
    sign = (
        "--detach-sign",
        "--armor",
        "--local-user",
        "gina@example.com",
        "--local-user",
        "gina@example.com",
    )
    once = keys.gpg.run(*sign[:4], stdin=commit)
    binary = keys.gpg.run("--dearmor", stdin=once) * 2
    with_header(
        remote, commit, keys.gpg.run("--enarmor", stdin=binary).replace(b"ARMORED FILE", b"SIGNATURE")
    )


def a_message_of_its_own(remote: Remote, keys: Keys) -> None:
    """A signed message instead of a signature: good by itself, and not about the commit."""
    commit = raw(remote, remote.commit())
    message = keys.gpg.run("--sign", "--armor", "--local-user", "gina@example.com", stdin=b"something else")
    with_header(remote, commit, message.replace(b"PGP MESSAGE", b"PGP SIGNATURE"))


def by(name: str, *, back_dated: bool = False) -> Callable[[Remote, Keys], None]:
    def make(remote: Remote, keys: Keys) -> None:
        dates = {"GIT_COMMITTER_DATE": FOUR_YEARS_EARLIER, "GIT_AUTHOR_DATE": FOUR_YEARS_EARLIER}
        keys.ssh(name).commit(remote, dates if back_dated else None)

    return make


def by_openpgp(name: str, *, back_dated: bool = False) -> Callable[[Remote, Keys], None]:
    return lambda remote, keys: [keys.gpg.commit(remote, name, back_dated=back_dated)].clear()


REFUSED: dict[str, tuple[Callable[[Remote, Keys], None], str]] = {
    "unsigned": (unsigned, "it is not signed"),
    "unknown key": (by("mallory"), "is not in allowed_signers"),
    "a key for files": (by("files"), "allowed_signers does not permit its key for git"),
    "a signature for files": (for_files, "its signature was made for a purpose other than git"),
    "expired key": (by("gone"), "its key has expired in allowed_signers"),
    "expired key, back-dated": (by("gone", back_dated=True), "its key has expired in allowed_signers"),
    "key of the future": (by("later"), "its key is not valid yet in allowed_signers"),
    "revoked key": (by("lost"), "its key is revoked"),
    "revoked key, back-dated": (by("lost", back_dated=True), "its key is revoked"),
    "tampered": (tampered, "its signature does not match it"),
    "two headers": (twice, "it has more than one signature"),
    "header of the other hash": (for_the_other_hash, "one for another kind of repository"),
    "unknown kind": (unknown_kind, "is not one of the kinds this source trusts: SSH or OpenPGP"),
    "nonsense": (nonsense, "its signature does not match it"),
    "unknown OpenPGP key": (by_openpgp("mallory"), "its key is not in gpg_keys"),
    "revoked OpenPGP key": (by_openpgp("rita"), "its key is revoked in gpg_keys"),
    "expired OpenPGP key, back-dated": (by_openpgp("otto", back_dated=True), "its key has expired"),
    "tampered, OpenPGP": (tampered_openpgp, "its signature does not match it"),
    "nonsense, OpenPGP": (nonsense_openpgp, "it does not have exactly one good OpenPGP signature"),
    "two OpenPGP signatures": (two_openpgp, "it does not have exactly one good OpenPGP signature"),
    "an OpenPGP message": (a_message_of_its_own, "it does not have exactly one good OpenPGP signature"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_commit_is_refused(signed: Remote, keys: Keys, name: str) -> None:
    make, reason = REFUSED[name]
    make(signed, keys)
    assert reason in refusal(signed)


def test_an_openpgp_key_that_expires_after_it_signed_is_refused(signed: Remote, keys: Keys) -> None:
    """gpg itself ends with 0 for it."""
    keys.gpg.commit(signed, "otto", back_dated=True)
    done = subprocess.run(
        ["git", "verify-commit", "HEAD"],
        cwd=signed.path,
        env={**os.environ, "GNUPGHOME": str(keys.gpg.folder)},
        check=False,
        capture_output=True,
    )
    assert b"expired" in done.stderr
    assert refusal(signed) == "its key has expired"


@pytest.mark.parametrize(
    ("missing", "who"), [("gpg_keys", by_openpgp("gina")), ("allowed_signers", by("ana"))]
)
def test_a_kind_of_signature_that_no_file_is_given_for_is_refused(
    signed: Remote, keys: Keys, missing: str, who: Callable[[Remote, Keys], None]
) -> None:
    signed.source = replace(signed.source, verify=keys.verify_with(missing, None))
    who(signed, keys)
    assert "its signature is not one of the kinds" in refusal(signed)


def test_a_revocation_list_counts_like_a_list_of_keys(signed: Remote, keys: Keys, tmp_path: Path) -> None:
    revoked = tmp_path / "revoked"
    public = keys.folder / "ana.pub"
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", str(revoked), str(public)], check=True)
    signed.source = replace(signed.source, verify=keys.verify_with("revoked", revoked))
    keys.ssh("ana").commit(signed)
    assert refusal(signed) == "its key is revoked"


# Which commits count


def test_only_the_head_counts_with_head(signed: Remote, keys: Keys) -> None:
    old = keys.ssh("ana").commit(signed)
    signed.commit()
    keys.ssh("ana").commit(signed)
    assert len(verified(signed, old)) == 1


def test_a_signed_tip_hides_no_unsigned_commit_under_it(signed: Remote, keys: Keys) -> None:
    since(signed, keys)
    old = keys.ssh("ana").commit(signed)
    hidden = signed.commit()
    keys.ssh("ana").commit(signed)
    with pytest.raises(Untrusted) as refused:
        verified(signed, old)
    assert refused.value.facts["revision"] == hidden


def test_every_commit_since_the_last_accepted_one_is_returned(signed: Remote, keys: Keys) -> None:
    since(signed, keys)
    signed.commit()
    old = keys.ssh("ana").commit(signed)
    new = [keys.ssh("bo").commit(signed), keys.ssh("ana").commit(signed)]
    assert [one.revision for one in verified(signed, old)] == new[::-1]


def test_on_first_contact_the_head_alone_counts(signed: Remote, keys: Keys) -> None:
    since(signed, keys)
    signed.commit()
    keys.ssh("ana").commit(signed)
    assert len(verified(signed)) == 1


def test_a_head_that_was_taken_already_is_verified_by_itself(signed: Remote, keys: Keys) -> None:
    since(signed, keys)
    head = keys.ssh("lost").commit(signed)
    assert refusal(signed, head) == "its key is revoked"


def test_a_merge_brings_no_unsigned_commit_in(signed: Remote, keys: Keys) -> None:
    since(signed, keys)
    keys.ssh("ana").commit(signed)
    signed.git("checkout", "--quiet", "-b", "side")
    brought = signed.commit({"side.tf": "x"})
    signed.git("checkout", "--quiet", "main")
    old = keys.ssh("ana").commit(signed)
    keys.ssh("ana").commit(signed, None, "merge", "--quiet", "--no-ff", "side", "-m", "merged")
    with pytest.raises(Untrusted) as refused:
        verified(signed, old)
    assert refused.value.facts["revision"] == brought


def test_a_force_push_must_be_signed_from_the_fork_point_on(signed: Remote, keys: Keys) -> None:
    since(signed, keys)
    keys.ssh("ana").commit(signed)
    base = signed.head
    keys.ssh("ana").commit(signed)
    old = signed.taken()
    signed.git("reset", "--quiet", "--hard", base)
    signed.commit()
    keys.ssh("ana").commit(signed)
    assert refusal(signed, old) == "it is not signed"


def test_a_history_without_what_was_taken_before_is_verified_to_its_root(signed: Remote, keys: Keys) -> None:
    since(signed, keys)
    signed.commit()
    keys.ssh("ana").commit(signed)
    assert refusal(signed, "1" * 40) == "it is not signed"


def test_a_step_back_to_an_older_commit_is_one_to_a_commit_that_is_signed(signed: Remote, keys: Keys) -> None:
    since(signed, keys)
    signed.commit()
    keys.ssh("ana").commit(signed)
    old = signed.taken()
    signed.git("reset", "--quiet", "--hard", "HEAD~1")
    assert refusal(signed, old) == "it is not signed"


def test_a_remote_that_hides_its_history_hides_no_unsigned_commit(signed: Remote, keys: Keys) -> None:
    """A shallow repository serves the signed tip as if it had no parents."""
    since(signed, keys)
    old = keys.ssh("ana").commit(signed)
    signed.taken()
    signed.commit()
    tip = keys.ssh("ana").commit(signed)
    (signed.path / ".git" / "shallow").write_text(f"{tip}\n")
    with pytest.raises(DriftlineError):
        verified(signed, old)


def test_more_commits_than_can_be_verified_are_refused(
    signed: Remote, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signature, "MAX_COMMITS", 2)
    monkeypatch.setattr(signature, "BATCH", 1)
    since(signed, keys)
    old = keys.ssh("ana").commit(signed)
    for _ in range(2):
        keys.ssh("ana").commit(signed)
    assert len(verified(signed, old)) == 2
    keys.ssh("ana").commit(signed)
    assert "more than 2 commits" in refusal(signed, old)


def test_a_push_that_takes_too_long_to_verify_is_given_up_and_tried_again(
    signed: Remote, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is said of the commits: the source failed, and is asked again as any that fails."""
    keys.ssh("ana").commit(signed)
    monkeypatch.setattr(signature, "LONGEST", -1.0)
    with pytest.raises(VerifierFailed, match="0 of 1 commits were verified"):
        verified(signed)


def test_a_commit_as_large_as_a_file_is_refused(
    signed: Remote, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signature, "LARGEST", 100)
    keys.ssh("ana").commit(signed)
    assert "larger than" in refusal(signed)


# Who judges


def liar(folder: Path) -> Path:
    """A verifier that likes everything, and tells that it was asked."""
    program = folder / "liar"
    said = 'Good "git" signature for ana@example.com with ED25519 key SHA256:x'
    program.write_text(f"#!/bin/sh\ntouch {folder}/asked\necho '{said}'\nexit 0\n")
    program.chmod(0o755)
    return program


CHOICES = (
    "gpg.format=ssh", "gpg.ssh.program={liar}", "gpg.program={liar}", "gpg.openpgp.program={liar}",
    "gpg.x509.program={liar}", "gpg.ssh.allowedSignersFile={allowed}", "gpg.minTrustLevel=undefined",
)  # fmt: skip


@pytest.mark.parametrize("place", ["mirror", "home", "environment"])
@pytest.mark.parametrize("name", ["ssh", "openpgp"])
def test_no_configuration_chooses_who_judges(
    signed: Remote, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, name: str
) -> None:
    allowed = tmp_path / "everybody"
    allowed.write_text(keys.ssh("mallory").line("*"))
    words = [choice.format(liar=liar(tmp_path), allowed=allowed) for choice in CHOICES]
    by("mallory")(signed, keys) if name == "ssh" else by_openpgp("mallory")(signed, keys)
    signed.taken()
    (tmp_path / "home").mkdir()
    pairs = [word.split("=", 1) for word in words]
    for key, value in pairs:
        if place == "mirror":
            signed.git_at(signed.mirror, "config", key, value)
        signed.git_at(tmp_path, "config", "--file", str(tmp_path / "home" / ".gitconfig"), key, value)
    if place == "home":
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("GNUPGHOME", str(keys.gpg.folder))
    if place == "environment":
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "home" / ".gitconfig"))
        monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(pairs)))
        for number, (key, value) in enumerate(pairs):
            monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
            monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    assert "is not in" in refusal(signed)
    assert not (tmp_path / "asked").exists()


def test_files_of_the_tree_and_its_refs_have_no_say(signed: Remote, keys: Keys) -> None:
    mine = keys.ssh("mallory").line("*")
    signed.commit({"allowed_signers": mine, ".gitallowedsigners": mine, ".gitattributes": "* export-subst"})
    good = keys.ssh("ana").commit(signed)
    bad = keys.ssh("mallory").commit(signed)
    signed.git("replace", bad, good)
    assert "is not in allowed_signers" in refusal(signed)


def test_nothing_is_left_behind(signed: Remote, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.gpg.commit(signed, "gina")
    # Short, as the system's own is: gpg names a socket in it, for which the kernel takes 108 bytes.
    with tempfile.TemporaryDirectory(prefix="dl-") as scratch:
        monkeypatch.setattr("tempfile.tempdir", scratch)
        verified(signed)
        assert list(Path(scratch).iterdir()) == []
    agents = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True).stdout
    assert "driftline-trust-" not in agents


# The operator's files


@pytest.mark.parametrize("key", ["allowed_signers", "gpg_keys", "revoked"])
def test_a_missing_file_trusts_nobody_and_is_reported(signed: Remote, keys: Keys, key: str) -> None:
    signed.source = replace(signed.source, verify=keys.verify_with(key, keys.folder / "nowhere"))
    keys.ssh("ana").commit(signed)
    with pytest.raises(VerifierFailed, match=f"verify.{key}: .*nowhere: No such file"):
        verified(signed)


BROKEN = {
    "allowed_signers": ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ x\n", r":1: expected a name, options"),
    "gpg_keys": ("no key at all\n", "verify.gpg_keys: .*no valid OpenPGP data"),
    "revoked": ("\nSHA256:abcdef\n", r":2: expected a public key"),
}


@pytest.mark.parametrize("key", BROKEN)
def test_a_file_of_something_else_trusts_nobody_and_is_reported(
    signed: Remote, keys: Keys, key: str, tmp_path: Path
) -> None:
    content, shown = BROKEN[key]
    (tmp_path / key).write_text(content)
    signed.source = replace(signed.source, verify=keys.verify_with(key, tmp_path / key))
    keys.ssh("ana").commit(signed)
    with pytest.raises(VerifierFailed, match=shown):
        verified(signed)


def test_an_empty_list_of_revoked_keys_revokes_none(signed: Remote, keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "revoked").write_text("")
    signed.source = replace(signed.source, verify=keys.verify_with("revoked", tmp_path / "revoked"))
    keys.ssh("lost").commit(signed)
    assert len(verified(signed)) == 1


@pytest.mark.parametrize("program", ["ssh-keygen", "gpg"])
def test_a_program_that_is_missing_is_reported(
    signed: Remote, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    keys.ssh("ana").commit(signed)
    signed.taken()
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in {"git", "env", "ssh-keygen", "gpg"} - {program}:
        (tools / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(tools))
    with pytest.raises(VerifierFailed, match=program):
        signed.mirrors.verify(signed.source, None, signed.mirrors.resolve(signed.source, "HEAD"))


# Pull requests


def pulled(remote: Remote) -> str:
    """HEAD as the head of a request, in the mirror and merged there."""
    mirrors, head = remote.mirrors, PullHead(1, "refs/pull/1/head", remote.head, own=False)
    remote.git("update-ref", head.ref, head.revision)
    mirrors.fetch_pull(remote.source, head)
    mirrors.merge(remote.source, 1, remote.git("rev-parse", "main"), head.revision)
    return head.revision


@pytest.mark.parametrize("mode", ["head", "since_applied"])
def test_signed_commits_of_a_request_are_trusted_without_one_for_their_merge(
    signed: Remote, keys: Keys, mode: Literal["head", "since_applied"]
) -> None:
    signed.source = replace(signed.source, verify=keys.verify(mode))
    keys.ssh("ana").commit(signed)
    base = signed.taken()
    signed.git("checkout", "--quiet", "--detach")
    keys.ssh("bo").commit(signed)
    head = pulled(signed)
    (found,) = signed.mirrors.verify(signed.source, base, head)
    assert (found.revision, found.signer) == (head, "bo@example.com")


@pytest.mark.parametrize(("mode", "signs_the_last"), [("head", False), ("since_applied", True)])
def test_an_unsigned_commit_of_a_request_is_refused(
    signed: Remote,
    keys: Keys,
    mode: Literal["head", "since_applied"],
    signs_the_last: bool,  # noqa: FBT001
) -> None:
    signed.source = replace(signed.source, verify=keys.verify(mode))
    keys.ssh("ana").commit(signed)
    base = signed.taken()
    signed.git("checkout", "--quiet", "--detach")
    unsigned_one = signed.commit()
    if signs_the_last:
        keys.ssh("bo").commit(signed)
    head = pulled(signed)
    with pytest.raises(Untrusted) as refused:
        signed.mirrors.verify(signed.source, base, head)
    assert refused.value.facts["revision"] == unsigned_one
