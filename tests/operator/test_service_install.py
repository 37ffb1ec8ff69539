"""`driftline service`: what is put where, what is kept, what is refused."""

import os
import stat
from pathlib import Path

import pytest
from operator_world import Answer, driftline

from runner.config.server_file import check
from runner.errors import BadUsage, NotAllowed
from runner.systemd.install import Layout, useradd
from runner.systemd.install import check as check_layout

PROGRAM = Path("/opt/driftline/bin/driftline")
PYTHON = Path("/usr/bin/python3.11")


def install(prefix: Path, *argv: str) -> Answer:
    answer = driftline("service", "install", "--prefix", str(prefix), *argv)
    assert answer.code == 0, answer.stderr
    return answer


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_install_puts_unit_and_configuration_with_their_modes(tmp_path: Path) -> None:
    install(tmp_path)
    assert mode(tmp_path / "etc/systemd/system/driftline.service") == 0o644
    assert mode(tmp_path / "etc/driftline") == 0o750
    assert mode(tmp_path / "etc/driftline/config.yaml") == 0o640


def test_the_installed_configuration_is_sound(tmp_path: Path) -> None:
    install(tmp_path)
    settings, problems = check(tmp_path / "etc/driftline/config.yaml")
    assert problems == []
    assert settings is not None
    assert settings.data_dir == Path("/var/lib/driftline")


def test_the_unit_names_the_final_places_and_not_the_prefix(tmp_path: Path) -> None:
    install(tmp_path)
    text = (tmp_path / "etc/systemd/system/driftline.service").read_text()
    assert "--config /etc/driftline/config.yaml daemon" in text
    assert str(tmp_path) not in text


def test_installing_again_renews_the_unit_and_keeps_the_configuration(tmp_path: Path) -> None:
    install(tmp_path)
    unit, config = tmp_path / "etc/systemd/system/driftline.service", tmp_path / "etc/driftline/config.yaml"
    unit.write_text("[Unit]\n")
    config.write_text("mine\n")
    answer = install(tmp_path)
    assert "KillMode=process" in unit.read_text()
    assert config.read_text() == "mine\n"
    assert "renewed" in answer.stdout
    assert "kept" in answer.stdout


def test_a_worker_gets_a_unit_and_a_configuration_of_its_own(tmp_path: Path) -> None:
    answer = install(tmp_path, "--worker", "--data-dir", "/srv/driftline")
    text = (tmp_path / "etc/systemd/system/driftline-worker.service").read_text()
    assert "--config /etc/driftline/config.yaml worker" in text
    assert not (tmp_path / "etc/systemd/system/driftline.service").exists()
    settings, problems = check(tmp_path / "etc/driftline/config.yaml")
    assert problems == []
    assert settings is not None
    assert settings.worker is not None
    assert settings.data_dir == Path("/srv/driftline")
    assert "systemctl enable --now driftline-worker" in answer.stderr


def test_uninstall_of_a_worker_leaves_the_unit_of_the_server(tmp_path: Path) -> None:
    install(tmp_path)
    install(tmp_path, "--worker")
    assert driftline("service", "uninstall", "--worker", "--prefix", str(tmp_path)).code == 0
    assert [path.name for path in (tmp_path / "etc/systemd/system").iterdir()] == ["driftline.service"]


def test_another_data_directory_is_made_private(tmp_path: Path) -> None:
    install(tmp_path, "--data-dir", "/srv/driftline")
    assert mode(tmp_path / "srv/driftline") == 0o700
    assert "data_dir: /srv/driftline" in (tmp_path / "etc/driftline/config.yaml").read_text()


def test_print_changes_nothing(tmp_path: Path) -> None:
    answer = driftline("service", "install", "--print", "--user", "tf", "--prefix", str(tmp_path))
    assert answer.code == 0
    assert "User=tf" in answer.stdout
    assert list(tmp_path.iterdir()) == []


def test_uninstall_removes_the_unit_and_nothing_else(tmp_path: Path) -> None:
    install(tmp_path)
    answer = driftline("service", "uninstall", "--prefix", str(tmp_path))
    assert answer.code == 0
    assert not (tmp_path / "etc/systemd/system/driftline.service").exists()
    assert (tmp_path / "etc/driftline/config.yaml").exists()


def test_uninstalling_twice_is_fine(tmp_path: Path) -> None:
    answer = driftline("service", "uninstall", "--prefix", str(tmp_path))
    assert answer.code == 0
    assert "nothing removed" in answer.stderr


def test_only_root_installs_for_real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() or 65534)
    answer = driftline("service", "install")
    assert answer.code == 6
    assert "sudo" in answer.stderr


def test_a_virtual_environment_over_a_hidden_python_is_refused() -> None:
    """Its link is followed: `/opt/driftline/bin/python` may lead into somebody's home."""
    check_layout(Layout(PROGRAM), PYTHON)
    with pytest.raises(NotAllowed, match="its Python"):
        check_layout(Layout(PROGRAM), Path("/home/ana/.pyenv/versions/3.11.7/bin/python3.11"))


@pytest.mark.parametrize(
    "layout",
    [
        Layout(Path("/home/ana/.venv/bin/driftline")),
        Layout(Path("/root") / "venv" / "bin" / "driftline"),
        Layout(PROGRAM, data_dir=Path("/home/driftline")),
        Layout(PROGRAM, data_dir=Path("/tmp/driftline")),
    ],
)
def test_places_that_the_unit_hides_are_refused(layout: Layout) -> None:
    with pytest.raises(NotAllowed, match="hides"):
        check_layout(layout, PYTHON)


@pytest.mark.parametrize("name", ["", "-x", "a b", "Ana", "x" * 40, "a\nUser=root"])
def test_a_name_that_is_no_user_is_refused(name: str) -> None:
    with pytest.raises(BadUsage):
        check_layout(Layout(PROGRAM, user=name), PYTHON)


def test_the_user_cannot_log_in() -> None:
    argv = useradd("driftline")
    assert argv[-1] == "driftline"
    assert "--system" in argv
    assert argv[argv.index("--shell") + 1] == "/usr/sbin/nologin"
