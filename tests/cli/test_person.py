"""Who acts is what the kernel says, whatever the environment claims."""

import os
import pwd
from collections.abc import Sequence
from pathlib import Path

import pytest

from runner.cli.person import who_acts

UNSET = 2**32 - 1
ANA, BO = [user for user in pwd.getpwall() if user.pw_uid != 0][:2]
SERVICE = 64_999


def proc(folder: Path, users: Sequence[int], loginuid: int | None = UNSET) -> Path:
    """As /proc shows a process and, after it, the ones above it, each with its real user."""
    for at, uid in enumerate(users):
        own = folder / ("self" if at == 0 else str(1000 - at))
        own.mkdir(parents=True)
        above = 1000 - at - 1 if at + 1 < len(users) else 0
        # The effective user differs under sudo itself; only the real one counts.
        own.joinpath("status").write_text(f"Name:\tx: y\nPPid:\t{above}\nUid:\t{uid}\t0\t0\t0\n")
    if loginuid is not None:
        folder.joinpath("self/loginuid").write_text(str(loginuid))
    return folder


@pytest.mark.parametrize(
    ("users", "loginuid", "name", "known_by"),
    [
        ([ANA.pw_uid, ANA.pw_uid, 0], UNSET, ANA.pw_name, "user"),
        ([0, 0, 0], UNSET, "root", "user"),
        # sudo driftline, su -c driftline
        ([0, 0, ANA.pw_uid, 0], UNSET, ANA.pw_name, "caller"),
        # sudo -u SERVICE driftline; then from a root shell; then from another person's shell
        ([SERVICE, 0, ANA.pw_uid, 0], UNSET, ANA.pw_name, "caller"),
        ([SERVICE, 0, 0, 0, ANA.pw_uid, 0], UNSET, ANA.pw_name, "caller"),
        ([ANA.pw_uid, 0, BO.pw_uid, 0], UNSET, BO.pw_name, "caller"),
        # a login outlives every change of user
        ([0, 0, ANA.pw_uid, 0], BO.pw_uid, BO.pw_name, "loginuid"),
        ([ANA.pw_uid, 0], BO.pw_uid, BO.pw_name, "loginuid"),
        ([ANA.pw_uid, 0], 0, "root", "loginuid"),
        ([ANA.pw_uid, 0], 4_294_967_000, "uid-4294967000", "loginuid"),
        # a kernel without audit
        ([ANA.pw_uid, 0], None, ANA.pw_name, "user"),
    ],
)
def test_who_acts(tmp_path: Path, users: list[int], loginuid: int | None, name: str, known_by: str) -> None:
    acting = who_acts(proc(tmp_path, users, loginuid), lambda: users[0])
    assert (acting.name, acting.known_by) == (name, known_by)


def test_the_environment_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("USER", "LOGNAME", "SUDO_USER"):
        monkeypatch.setenv(variable, BO.pw_name)
    monkeypatch.setenv("SUDO_UID", str(BO.pw_uid))
    assert who_acts(proc(tmp_path, [ANA.pw_uid, 0]), lambda: ANA.pw_uid).name == ANA.pw_name


def test_what_may_not_be_seen_of_other_processes_is_passed_over(tmp_path: Path) -> None:
    hidden = proc(tmp_path, [ANA.pw_uid, BO.pw_uid])
    (hidden / "999/status").unlink()
    assert who_acts(hidden, lambda: ANA.pw_uid).name == ANA.pw_name


def test_the_real_kernel_answers() -> None:
    mine = {pwd.getpwuid(os.getuid()).pw_name, *(user.pw_name for user in pwd.getpwall())}
    assert who_acts().name in mine
