import os
import pwd
from pathlib import Path

import pytest

from runner.cli import person
from runner.cli.person import who_acts

ME = pwd.getpwuid(os.getuid()).pw_name
OTHER = next(user for user in pwd.getpwall() if user.pw_uid not in {0, os.getuid()})


@pytest.fixture(autouse=True)
def loginuid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "loginuid"
    file.write_text(str(2**32 - 1))
    monkeypatch.setattr(person, "_LOGINUID", file)
    return file


def sudo(name: str, uid: int) -> dict[str, str]:
    return {"SUDO_USER": name, "SUDO_UID": str(uid)}


def test_the_login_counts_whatever_sudo_says(loginuid: Path) -> None:
    loginuid.write_text(str(OTHER.pw_uid))
    acting = who_acts(sudo(ME, os.getuid()))
    assert (acting.name, acting.known_by) == (OTHER.pw_name, "loginuid")


def test_without_a_login_the_caller_of_sudo_counts() -> None:
    acting = who_acts(sudo(OTHER.pw_name, OTHER.pw_uid))
    assert (acting.name, acting.known_by) == (OTHER.pw_name, "sudo")


def test_a_sudo_user_that_does_not_fit_its_uid_was_set_by_hand() -> None:
    acting = who_acts(sudo(OTHER.pw_name, os.getuid()))
    assert (acting.name, acting.known_by) == (ME, "user")


def test_the_names_in_the_environment_count_for_nothing() -> None:
    acting = who_acts({"USER": "ana", "LOGNAME": "ana", "SUDO_USER": "ana"})
    assert (acting.name, acting.known_by) == (ME, "user")


def test_a_kernel_without_audit_is_no_fault(loginuid: Path) -> None:
    loginuid.unlink()
    assert who_acts({}).known_by == "user"


def test_a_login_without_a_name_is_its_number(loginuid: Path) -> None:
    loginuid.write_text("4294967000")
    assert who_acts({}).name == "uid-4294967000"
