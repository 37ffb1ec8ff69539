"""`driftline engine install` from the command line: what it prints, and that stacks get the engine then."""

import shutil
from pathlib import Path

import pytest
from cli_world import World
from releases import Shelf
from remote.signing import GpgHome, gpg_home

REAL = shutil.which("terraform") or "terraform"
# The real terraform, which calls itself by another version.
DOES = f"""{REAL} "$@" > "$TMPDIR/said.$$"; code=$?
sed 's/"terraform":"[0-9.]*"/"terraform":"1.9.8"/' "$TMPDIR/said.$$"
exit $code"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Its release is not signed."""
    (tmp_path / "shelf").mkdir()
    return Shelf(tmp_path / "shelf", GpgHome(tmp_path))


def digest_of(shelf: Shelf) -> str:
    of = shelf.publish(does=DOES, signed=False)
    return (shelf.folder / of.sums).read_text().split()[-2]


def install(world: World, shelf: Shelf, *words: str, expect: int = 0) -> str:
    said = world.run(
        "engine", "install", "terraform", "1.9.8", "--from", str(shelf.folder), *words, expect=expect
    )
    return said.stdout + said.stderr


def test_a_stack_gets_the_version_that_was_installed_for_it(world: World, shelf: Shelf) -> None:
    world.stack("app", "engine_version: 1.9.8\n")
    world.run("daemon", "--once", expect=None)
    assert world.json("run", "list") == []
    told = install(world, shelf, "--sha256", digest_of(shelf))
    path = f"{world.root}/data/engines/terraform/1.9.8/terraform"
    assert path in told
    assert "terraform 1.9.8 is older than 1.14.9" in told
    world.run("daemon", "--once")
    (run,) = world.json("run", "list")
    assert (run["state"], run["engine_version"]) == ("awaiting_approval", "1.9.8")
    rows = {row["version"]: row for row in world.json("engine", "list")}
    assert (rows["1.9.8"]["path"], rows["1.9.8"]["stacks"]) == (path, 1)
    assert "; also installed: 1.9.8" in world.run("doctor", expect=None).stdout


def test_the_audit_log_tells_who_installed_what_and_what_proved_it(world: World, shelf: Shelf) -> None:
    digest = digest_of(shelf)
    install(world, shelf, "--sha256", digest)
    (entry,) = [one for one in world.json("audit", "log") if one["action"] == "engine.install"]
    assert entry["subject"] == "terraform 1.9.8"
    detail = entry["detail"]
    assert (detail["archive_sha256"], detail["verified_by"]) == (digest, "--sha256")
    assert detail["from"] == str(shelf.folder)
    listed = {row["version"]: row["sha256"] for row in world.json("engine", "list")}
    assert detail["sha256"] == listed["1.9.8"]
    again = install(world, shelf, "--sha256", digest)
    assert "terraform 1.9.8 is already installed" in again
    assert len([one for one in world.json("audit", "log") if one["action"] == "engine.install"]) == 1


def test_the_password_of_a_mirror_is_told_nowhere(world: World, shelf: Shelf) -> None:
    digest = digest_of(shelf)
    with shelf.serving() as address:
        mirror = address.replace("://", "://ops:hunter2@")
        told = install(world, shelf, "--from", mirror, "--sha256", digest)
        assert f"from {address}" in told
        failed = world.run(
            "engine", "install", "terraform", "1.9.9", "--from", mirror, "--sha256", digest, expect=None
        )
    assert f"{address}/1.9.9/terraform_1.9.9_" in failed.stderr
    (entry,) = [one for one in world.json("audit", "log") if one["action"] == "engine.install"]
    assert entry["detail"]["from"] == address
    assert "hunter2" not in told + failed.stdout + failed.stderr


def test_the_vendors_key_proves_a_release(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("gpg") is None:
        pytest.skip("no gpg on PATH")
    with gpg_home() as home:
        home.make("vendor")
        (tmp_path / "shelf").mkdir()
        shelf = Shelf(tmp_path / "shelf", home)
        shelf.trust(monkeypatch)
        shelf.publish(does=DOES)
        told = install(world, shelf)
        assert f"verified by OpenPGP key {shelf.fingerprint('vendor')} of HashiCorp" in told


def test_a_refused_release_is_not_told_as_installed(world: World, shelf: Shelf) -> None:
    digest_of(shelf)
    told = install(world, shelf, "--sha256", "0" * 64, expect=3)
    assert "its SHA-256 is" in told
    assert not [one for one in world.json("audit", "log") if one["action"] == "engine.install"]
    assert "1.9.8" not in {row["version"] for row in world.json("engine", "list")}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["terraform", "1.9"], '"1.9" is not an exact version'),
        (["terraform", "1.9.8", "--sha256", "abc"], "--sha256 takes 64 hexadecimal digits"),
        (["opentofu", "1.9.8"], "'opentofu' is not one of 'terraform', 'tofu'"),
    ],
)
def test_bad_words_are_explained(world: World, words: list[str], said: str) -> None:
    assert said in world.run("engine", "install", *words, expect=64).stderr


def test_it_works_on_the_daemons_host_only(world: World) -> None:
    said = world.run("--server", "https://x.example", "engine", "install", "tofu", "1.10.6", expect=64)
    assert "works only on the host, not with --server" in said.stderr
