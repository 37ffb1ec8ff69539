"""Terraform does not verify a provider that is running already, so what is started is verified against the lock file."""

import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from runner.probe.checksum import checksum
from runner.probe.installed import Installed, Unverified, installed

ADDRESS = "registry.terraform.io/hashicorp/null"
PROGRAM = "terraform-provider-null_v3.2.0_x5"


@dataclass
class Module:
    """What `init` leaves of one provider: a lock file, and the unpacked package."""

    root: Path

    @property
    def lock_file(self) -> Path:
        return self.root / "module" / ".terraform.lock.hcl"

    @property
    def package(self) -> Path:
        return self.root / "data" / "providers" / ADDRESS / "3.2.0" / "linux_amd64"

    @property
    def program(self) -> Path:
        return self.package / PROGRAM

    @property
    def records(self) -> list[Path]:
        return sorted((self.root / "verified").iterdir())

    def lock(self, *hashes: str, version: str = '  version     = "3.2.0"\n') -> None:
        listed = "".join(f'    "{one}",\n' for one in hashes)
        self.lock_file.write_text(f'provider "{ADDRESS}" {{\n{version}  hashes = [\n{listed}  ]\n}}\n')

    def look(self) -> tuple[Installed, ...]:
        return installed(self.lock_file, self.root / "data", self.root / "verified")


@pytest.fixture
def module(tmp_path: Path) -> Module:
    made = Module(tmp_path)
    made.lock_file.parent.mkdir()
    made.package.mkdir(parents=True)
    made.program.write_bytes(b"its bytes")
    (made.package / "LICENSE").write_text("free")
    made.lock("zh:00", checksum(made.package), "h1:of+another+platform=")
    return made


def overwrite(path: Path, content: bytes) -> None:
    """As somebody does who wants it to go unnoticed: the same size, the same inode, the old times."""
    before = after = path.stat()
    # Not in the same tick of the kernel's clock, in which it was made: nobody would have verified it by then.
    while after.st_ctime_ns == before.st_ctime_ns:
        path.write_bytes(content)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        after = path.stat()
    assert (before.st_size, before.st_ino, before.st_mtime_ns) == (
        after.st_size,
        after.st_ino,
        after.st_mtime_ns,
    )


def test_what_the_lock_file_names_is_found_with_its_program(module: Module) -> None:
    [found] = module.look()
    assert found == Installed(ADDRESS, "3.2.0", module.program, checksum(module.package))
    assert found.name == f"{ADDRESS} 3.2.0"


def test_a_program_that_was_changed_before_is_refused(module: Module) -> None:
    module.program.write_bytes(b"evil byte")
    with pytest.raises(Unverified, match="does not have the checksum"):
        module.look()


def test_a_program_that_was_changed_after_it_was_verified_is_refused(module: Module) -> None:
    module.look()
    overwrite(module.program, b"evil byte")
    with pytest.raises(Unverified, match="does not have the checksum"):
        module.look()


def test_a_file_beside_the_program_is_verified_too(module: Module) -> None:
    module.look()
    overwrite(module.package / "LICENSE", b"paid")
    with pytest.raises(Unverified, match="does not have the checksum"):
        module.look()


def link_elsewhere(module: Module) -> None:
    (module.root / "evil").write_bytes(b"evil byte")
    module.program.unlink()
    module.program.symlink_to(module.root / "evil")


CHANGES: dict[str, Callable[[Module], object]] = {
    "a-file-more": lambda m: (m.package / "terraform-provider-more.so").write_bytes(b""),
    "a-file-less": lambda m: (m.package / "LICENSE").unlink(),
    "another-name": lambda m: m.program.rename(m.package / "terraform-provider-null_v9"),
    "a-link-to-other-bytes": link_elsewhere,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_package_that_was_changed_in_any_other_way_is_refused(
    module: Module, change: Callable[[Module], object]
) -> None:
    module.look()
    change(module)
    with pytest.raises(Unverified):
        module.look()


def test_the_bytes_are_read_once_for_as_long_as_nothing_moves(
    module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = module.look()
    monkeypatch.setattr("runner.probe.installed.checksum", lambda package: pytest.fail("it was read again"))
    assert module.look() == first


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"facts": 1}', b"null"])
def test_a_damaged_record_is_written_again(module: Module, content: bytes) -> None:
    first = module.look()
    [record] = module.records
    record.write_bytes(content)
    assert module.look() == first
    assert json.loads(record.read_bytes())["checksum"] == first[0].checksum
    assert stat.S_IMODE(record.stat().st_mode) == 0o600


def test_a_lock_file_without_h1_is_not_enough(module: Module) -> None:
    module.lock("zh:00")
    with pytest.raises(Unverified, match="h1"):
        module.look()


def test_a_checksum_of_another_provider_in_the_lock_file_does_not_count(module: Module) -> None:
    own = module.lock_file.read_text()
    module.lock("h1:something+else=")
    with module.lock_file.open("a") as file:
        file.write(own.replace("hashicorp/null", "hashicorp/aws"))
    with pytest.raises(Unverified, match=r"hashicorp/null 3\.2\.0"):
        module.look()


def test_a_lock_file_that_names_no_version_is_refused(module: Module) -> None:
    module.lock(checksum(module.package), version="")
    with pytest.raises(Unverified, match="no version"):
        module.look()


def test_two_platforms_are_one_too_many(module: Module) -> None:
    module.package.with_name("darwin_arm64").mkdir()
    with pytest.raises(Unverified, match="2 platforms"):
        module.look()


def test_two_files_that_could_be_the_program_are_one_too_many(module: Module) -> None:
    (module.package / "terraform-provider-null_v3.2.1").write_bytes(b"x")
    module.lock(checksum(module.package))
    with pytest.raises(Unverified, match="2 possible binaries"):
        module.look()


def test_a_package_that_is_not_installed_is_left_to_terraform(module: Module) -> None:
    module.package.parent.rename(module.root / "elsewhere")
    assert module.look() == ()


def test_without_a_lock_file_there_is_no_provider(module: Module) -> None:
    module.lock_file.unlink()
    assert module.look() == ()


def test_a_lock_file_that_cannot_be_read_is_no_empty_one(module: Module) -> None:
    module.lock_file.write_bytes(b"\xff\xfe")
    with pytest.raises(Unverified, match="cannot be read"):
        module.look()
