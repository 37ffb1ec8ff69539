"""`driftline engine install`: what is taken, what is refused, and that nothing half installed is ever chosen."""

import errno
import os
import shutil
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nursery import nursery
from releases import Shelf, plain, says, zipped
from remote.signing import gpg_home

from runner.engine.install import archive, signature
from runner.engine.install.install import Trust, Verified, install
from runner.engine.install.place import Place
from runner.engine.versions.inventory import Inventory, installed_in
from runner.errors import (
    BadUsage,
    DriftlineError,
    EngineInstallFailed,
    EngineNotFetched,
    EngineUnsupported,
    EngineUntrusted,
)
from runner.host.machine import target
from runner.model.engine.release import VENDORS, Release, release
from runner.model.settings.server import EngineSettings, EnginesSettings
from runner.model.settings.source import Allow, EngineVersions, SourceSettings

pytestmark = pytest.mark.skipif(shutil.which("gpg") is None, reason="no gpg on PATH")


@pytest.fixture(scope="session")
def made_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with gpg_home() as home:
        for name in ("vendor", "mallory", "rita"):
            home.make(name)
        home.make("otto", expired=True)
        yield Shelf(tmp_path_factory.mktemp("unused"), home)


@pytest.fixture
def shelf(made_keys: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    (tmp_path / "data").mkdir(mode=0o700)
    folder = tmp_path / "shelf"
    folder.mkdir()
    made = Shelf(folder, made_keys.gpg)
    for engine in VENDORS:
        made.trust(monkeypatch, engine)
    return made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def put(
    data: Path,
    of: Release,
    base: str | Path,
    trust: Trust = Trust(),  # noqa: B008 # a frozen value
    tell: Callable[[Verified], object] = lambda _: None,
) -> Path | None:
    return install(installed_in(data), of, Place(str(base), of), trust, lambda found: [tell(found)].clear())


def chosen(data: Path, engine: str = "terraform") -> list[str]:
    """The versions among which stacks may choose."""
    settings = EnginesSettings(**{engine: EngineSettings(None)})  # type: ignore[arg-type]
    found = Inventory(data / "engine", settings, {"PATH": os.defpath}, installed_in(data)).look(engine)
    return [one.version for one in found if not one.problem]


def leftovers(data: Path) -> list[str]:
    return [str(path.relative_to(data)) for path in data.rglob("*") if ".unfinished" in path.parts]


def refused(data: Path, of: Release, base: str | Path, trust: Trust = Trust()) -> DriftlineError:  # noqa: B008
    with pytest.raises(DriftlineError) as error:
        put(data, of, base, trust)
    assert chosen(data, of.row.name) == []
    assert leftovers(data) == []
    return error.value


@pytest.mark.parametrize(("engine", "version"), [("terraform", "1.9.8"), ("tofu", "1.10.6")])
def test_a_release_is_fetched_verified_and_installed(
    shelf: Shelf, data: Path, engine: str, version: str
) -> None:
    of, told = shelf.publish(engine, version), list[Verified]()
    with shelf.serving() as address:
        path = put(data, of, address, tell=told.append)
    assert path == data / "engines" / engine / version / engine
    assert stat.S_IMODE(path.stat().st_mode) == 0o500
    assert chosen(data, engine) == [version]
    assert leftovers(data) == []
    (found,) = told
    assert found.by == f"OpenPGP key {shelf.fingerprint('vendor')} of {of.vendor.signer}"
    folder = {"terraform": version, "tofu": f"v{version}"}[engine]
    assert shelf.served == [f"/mirror/{folder}/{name}" for name in (of.sums, of.signature, of.archive)]


def test_names_and_addresses_are_those_of_the_vendors() -> None:
    terraform, tofu = release("terraform", "v1.9.8", "linux_arm64"), release("tofu", "1.10.6", "linux_amd64")
    names = [(one.folder, one.archive, one.sums, one.signature) for one in (terraform, tofu)]
    assert names == [
        (
            "1.9.8",
            "terraform_1.9.8_linux_arm64.zip",
            "terraform_1.9.8_SHA256SUMS",
            "terraform_1.9.8_SHA256SUMS.sig",
        ),
        (
            "v1.10.6",
            "tofu_1.10.6_linux_amd64.zip",
            "tofu_1.10.6_SHA256SUMS",
            "tofu_1.10.6_SHA256SUMS.gpgsig",
        ),
    ]


@pytest.mark.parametrize("engine", VENDORS)
def test_the_keys_in_driftline_have_the_pinned_fingerprints_and_can_verify(engine: str) -> None:
    """Each is complete: gpg takes it, its signatures hold, and it has not expired."""
    with gpg_home() as home:
        home.run("--import", str(signature.KEYS / f"{engine}.asc"))
        listed = home.run("--with-colons", "--check-sigs").decode().splitlines()
    rows = [line.split(":") for line in listed]
    assert next(row[9] for row in rows if row[0] == "fpr") == VENDORS[engine].fingerprint
    keys = [row for row in rows if row[0] in {"pub", "sub"}]
    assert all("s" in row[11] and row[1] not in {"e", "r", "i"} for row in keys)
    assert [row[1] for row in rows if row[0] == "sig"] == ["!"] * len(keys)


def test_a_folder_serves_without_a_network(shelf: Shelf, data: Path) -> None:
    assert put(data, shelf.publish(), shelf.folder) is not None
    assert chosen(data) == ["1.9.8"]


def test_what_is_installed_is_not_fetched_again(shelf: Shelf, data: Path) -> None:
    of = shelf.publish()
    put(data, of, shelf.folder)
    told: list[Verified] = []
    assert put(data, of, "/nowhere", tell=told.append) is None
    assert told == []


def test_a_file_there_that_is_another_version_is_named(shelf: Shelf, data: Path) -> None:
    path = put(data, of := shelf.publish(), shelf.folder)
    assert path is not None
    path.chmod(0o700)
    path.write_bytes(says("Terraform", "1.9.7"))
    with pytest.raises(EngineUntrusted, match=r"its program says it is terraform 1\.9\.7") as error:
        put(data, of, shelf.folder)
    assert error.value.hint.startswith(f"rm -r {data}/engines/terraform/1.9.8")


def signed_by(name: str, *, back_dated: bool = False) -> Callable[[Shelf, Release], None]:
    return lambda shelf, of: shelf.sign(of, name, back_dated=back_dated)


def sums_changed(shelf: Shelf, of: Release) -> None:
    sums = shelf.folder / of.sums
    sums.write_text(sums.read_text().replace("0", "1"))


def archive_changed(shelf: Shelf, of: Release) -> None:
    zipped(shelf.folder / of.archive, plain(of.program, says("Terraform", of.version, "evil")))


def no_signature(shelf: Shelf, of: Release) -> None:
    (shelf.folder / of.signature).unlink()


def signed_twice(shelf: Shelf, of: Release) -> None:
    signature = shelf.folder / of.signature
    signature.write_bytes(signature.read_bytes() * 2)


def half_an_archive(shelf: Shelf, of: Release) -> None:
    archive = shelf.folder / of.archive
    archive.write_bytes(archive.read_bytes()[:100])


TAMPERED = {
    "a signature by another key": (signed_by("mallory"), "it is not signed by the key of HashiCorp"),
    "changed sums": (sums_changed, "its signature does not match it"),
    "a changed archive": (archive_changed, "its SHA-256 is [0-9a-f]{64}, and has to be"),
    "no signature": (no_signature, "cannot be fetched from .*: No such file or directory"),
    "two signatures": (signed_twice, "it does not have exactly one good OpenPGP signature"),
    "half an archive": (half_an_archive, "its SHA-256 is"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_release_that_is_not_the_vendors_is_refused(shelf: Shelf, data: Path, case: str) -> None:
    tamper, reason = TAMPERED[case]
    tamper(shelf, of := shelf.publish())
    assert_matches(refused(data, of, shelf.folder), reason)


def test_a_missing_file_names_all_the_files_that_a_directory_has_to_hold(shelf: Shelf, data: Path) -> None:
    no_signature(shelf, of := shelf.publish())
    hint = refused(data, of, shelf.folder).hint
    assert f"copy {of.archive}, {of.sums}, {of.signature} into a directory here" in hint
    assert f"driftline engine install {of.row.name} {of.version} --from DIRECTORY" in hint


def test_a_host_that_is_not_found_is_told_in_words_alone(shelf: Shelf, data: Path) -> None:
    message = refused(data, shelf.publish(), "https://nowhere.invalid").message
    assert "cannot be fetched from https://nowhere.invalid: " in message
    assert "Errno" not in message


def assert_matches(error: DriftlineError, reason: str) -> None:
    with pytest.raises(type(error), match=reason):
        raise error


def test_an_expired_key_is_refused_though_gpg_is_content_and_a_newer_copy_of_it_is_taken(
    shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shelf.trust(monkeypatch, name="otto")
    of = shelf.publish()
    shelf.sign(of, "otto", back_dated=True)
    error = refused(data, of, shelf.folder)
    assert "the key that signed it has expired" in error.message
    assert "--key" in error.hint
    with gpg_home() as home:
        home.run("--import", stdin=shelf.gpg.run("--export-secret-keys", "otto@example.com"))
        home.run("--quick-set-expire", shelf.fingerprint("otto"), "0")
        newer = tmp_path / "newer.asc"
        newer.write_bytes(home.run("--armor", "--export", "otto@example.com"))
    assert put(data, of, shelf.folder, Trust(key=newer)) is not None


def test_a_newer_copy_must_be_of_the_same_key(shelf: Shelf, data: Path, tmp_path: Path) -> None:
    of = shelf.publish()
    shelf.sign(of, "mallory")
    key = tmp_path / "key.asc"
    key.write_bytes(shelf.exported("mallory"))
    error = refused(data, of, shelf.folder, Trust(key=key))
    assert f"{key} is refused: it does not contain the key of HashiCorp" in error.message


def test_a_key_beside_the_vendors_in_a_key_file_signs_nothing(
    shelf: Shelf, data: Path, tmp_path: Path
) -> None:
    of = shelf.publish()
    shelf.sign(of, "mallory")
    both = tmp_path / "both.asc"
    both.write_bytes(shelf.exported("vendor") + shelf.exported("mallory"))
    assert "not signed by the key of HashiCorp" in refused(data, of, shelf.folder, Trust(key=both)).message


def test_a_revoked_key_is_refused(
    shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shelf.trust(monkeypatch, name="rita")
    of = shelf.publish()
    shelf.sign(of, "rita")
    revoked = tmp_path / "revoked.asc"
    revoked.write_bytes(shelf.exported("rita") + shelf.gpg.revocation("rita"))
    error = refused(data, of, shelf.folder, Trust(key=revoked))
    assert "the key that signed it is revoked" in error.message


def test_without_gpg_only_a_digest_is_proof(
    shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    of = shelf.publish()
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refused(data, of, shelf.folder)
    assert "gpg is not installed" in error.message
    assert "--sha256" in error.hint
    digest = (shelf.folder / of.sums).read_text().split()[-2]
    assert put(data, of, shelf.folder, Trust(sha256=digest)) is not None


def test_a_pre_release_without_a_signature_is_installed_by_its_digest(shelf: Shelf, data: Path) -> None:
    of = shelf.publish("tofu", "1.13.0-beta1")
    (shelf.folder / of.signature).unlink()
    assert of.signature in refused(data, of, shelf.folder).message
    digest = (shelf.folder / of.sums).read_text().split()[-2]
    assert put(data, of, shelf.folder, Trust(sha256=digest)) is not None
    assert chosen(data, "tofu") == ["1.13.0-beta1"]


def test_another_digest_is_refused(shelf: Shelf, data: Path) -> None:
    of = shelf.publish()
    assert "its SHA-256 is" in refused(data, of, shelf.folder, Trust(sha256="0" * 64)).message


GOOD = says("Terraform", "1.9.8")
ARCHIVES = {
    "a way up": ([plain("terraform", GOOD), plain("../terraform", GOOD)], "it has an entry with a path"),
    "an absolute path": ([plain("/etc/cron.d/x", GOOD), plain("terraform", GOOD)], "with a path"),
    "a path of Windows": ([plain("..\\terraform", GOOD), plain("terraform", GOOD)], "with a path"),
    "the program below a folder": ([plain("bin/terraform", GOOD)], "with a path"),
    "a symlink": ([("terraform", b"/bin/sh", stat.S_IFLNK | 0o777)], "is no regular file"),
    "a symlink beside it": (
        [plain("terraform", GOOD), ("x", b"/", stat.S_IFLNK | 0o777)],
        "is no regular file",
    ),
    "two programs": ([plain("terraform", GOOD), plain("terraform", b"#!/bin/sh\n")], "it has 2 entries"),
    "no program": ([plain("terraform.exe", GOOD)], "it has no entries"),
    "many entries": ([plain(f"f{number}", b"") for number in range(65)], "more than 64 entries"),
    "another version": (
        [plain("terraform", says("Terraform", "1.9.7"))],
        r"says it is terraform 1\.9\.7",
    ),
    "the other engine": ([plain("terraform", says("OpenTofu", "1.9.8"))], "is OpenTofu"),
    "a program for another machine": ([plain("terraform", b"\x7fELF\x02\x01\x01" + b"\0" * 57)], "refused"),
    "a program that fails": ([plain("terraform", b"#!/bin/sh\nexit 3\n")], "fails to print its version"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", ARCHIVES)
def test_an_archive_that_is_more_or_less_than_a_release_is_refused(
    shelf: Shelf, data: Path, case: str
) -> None:
    entries, reason = ARCHIVES[case]
    of = release("terraform", "1.9.8", target())
    shelf.put(of, *entries)
    shelf.sign(of)
    assert_matches(refused(data, of, shelf.folder), reason)
    assert {path.name for path in data.iterdir()} <= {"engine", "engines"}


def test_a_bomb_is_stopped_at_the_limit(shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST", 1 << 20)
    of = release("terraform", "1.9.8", target())
    shelf.put(of, plain("terraform", b"\0" * (1 << 21)))
    shelf.sign(of)
    assert "exceeds 1 MiB" in refused(data, of, shelf.folder).message


def test_a_bomb_that_lies_about_its_size_is_stopped_too(
    shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = release("terraform", "1.9.8", target())
    path = shelf.put(of, plain("terraform", b"\0" * (1 << 21)))
    size = (1 << 21).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (1000).to_bytes(4, "little")))
    shelf.sum(of)
    shelf.sign(of)
    assert "no sound zip file" in refused(data, of, shelf.folder).message


def test_a_download_that_breaks_off_installs_nothing(shelf: Shelf, data: Path) -> None:
    of = shelf.publish()
    with shelf.serving(cut=50) as address:
        error = refused(data, of, address)
        assert isinstance(error, EngineNotFetched)
    with shelf.serving() as address:
        assert put(data, of, address) is not None


def test_a_server_that_stays_silent_is_given_up(
    shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    monkeypatch.setattr("runner.engine.install.place.SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "nothing comes for 0.05 s" in refused(data, shelf.publish(), address).message


def test_a_redirect_is_followed(shelf: Shelf, data: Path) -> None:
    of = shelf.publish()
    with shelf.serving() as other, shelf.serving(elsewhere={".zip": f"{other}/x/{of.archive}"}) as address:
        assert put(data, of, address) is not None


def test_a_circle_of_redirects_ends(shelf: Shelf, data: Path) -> None:
    with shelf.serving(elsewhere={".zip": "here.zip"}) as address:
        assert "it redirects in a circle" in refused(data, shelf.publish(), address).message


def test_sums_that_never_end_are_cut(shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.engine.install.install.LARGEST_TEXT", 10)
    with shelf.serving() as address:
        assert "it exceeds" in refused(data, shelf.publish(), address).message


def test_a_platform_that_is_not_published_is_named(shelf: Shelf, data: Path) -> None:
    shelf.publish()
    of = release("terraform", "1.9.8", "linux_riscv64")
    assert "terraform 1.9.8 is not published for linux_riscv64" in refused(data, of, shelf.folder).message


@pytest.mark.parametrize("version", ["1.9", "~> 1.9.0", "latest", "../1.9.8", "1.9.8/..", ""])
def test_only_an_exact_version_can_be_installed(version: str) -> None:
    with pytest.raises(BadUsage, match="is not an exact version"):
        release("terraform", version, "linux_amd64")


def test_a_version_that_no_stack_may_use_is_not_installed() -> None:
    with pytest.raises(EngineUnsupported, match=r"oldest supported version is 1\.8"):
        release("tofu", "1.7.3", "linux_amd64")
    allow = Allow(engine_versions=EngineVersions(terraform=">= 1.9"))
    strict = SourceSettings(name="infra", url="x", allow=allow)
    release("terraform", "1.9.0", "linux_amd64", [strict])
    with pytest.raises(EngineUnsupported, match=r'allow.engine_versions of source "infra" is >= 1\.9'):
        release("terraform", "1.8.5", "linux_amd64", [strict])
    release("terraform", "1.8.5", "linux_amd64", [strict, SourceSettings(name="other", url="y")])


@pytest.mark.parametrize("step", ["fetch", "unzip"])
def test_a_full_disk_leaves_nothing(
    shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    place = {
        "fetch": "runner.engine.install.place.Place._fetch",
        "unzip": "runner.engine.install.install.take_program",
    }
    monkeypatch.setattr(place[step], full)
    error = refused(data, shelf.publish(), shelf.folder)
    assert isinstance(error, EngineInstallFailed)
    assert error.message == "installing terraform 1.9.8 failed: No space left on device"


def test_two_installations_at_once_install_it_once(shelf: Shelf, data: Path) -> None:
    of, told, paths = shelf.publish(), list[Verified](), list[Path | None]()
    barrier = threading.Barrier(2)

    def one() -> None:
        barrier.wait()
        paths.append(put(data, of, shelf.folder, tell=told.append))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 1
    assert sorted(map(bool, paths)) == [False, True]
    assert chosen(data) == ["1.9.8"]


CHANGES = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod"})


def installed_until(number: int, data: Path, of: Release, base: Path, digest: str, told: Path) -> None:
    """Killed as it is about to make one more change to the file system than this number."""
    made = 0

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal made
        if event in CHANGES and not (event == "open" and args[1] == "r"):
            made += 1
            if made > number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    put(data, of, base, Trust(sha256=digest), lambda _: told.touch())


def killed_everywhere(data: Path, of: Release, base: Path, digest: str, told: Path) -> None:
    for number in range(200):
        child = os.fork()
        if not child:
            installed_until(number, data, of, base, digest, told)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if chosen(data):
            assert told.exists()
            program = data / "engines/terraform/1.9.8/terraform"
            assert program.read_bytes() == says("Terraform", "1.9.8")
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert number > 10


def test_killed_at_any_change_nothing_half_installed_is_chosen(
    shelf: Shelf, data: Path, tmp_path: Path
) -> None:
    of = shelf.publish()
    digest = (shelf.folder / of.sums).read_text().split()[-2]
    # It has one thread, and so may fork.
    forking = nursery().Process(
        target=killed_everywhere, args=(data, of, shelf.folder, digest, tmp_path / "told")
    )
    forking.start()
    forking.join()
    assert forking.exitcode == 0
    assert chosen(data) == ["1.9.8"]
    assert leftovers(data) == []


def test_another_user_than_the_data_directorys_is_told_whose_command_it_is(
    shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = data.stat().st_uid
    monkeypatch.setattr("runner.engine.install.install.os.geteuid", lambda: me + 1)
    with pytest.raises(EngineInstallFailed, match="who has to install engines"):
        put(data, shelf.publish(), shelf.folder)
