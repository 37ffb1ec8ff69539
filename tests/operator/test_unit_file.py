"""The systemd unit: what systemd itself says of it, and what must stay in it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from runner.systemd.install import Layout, unit

ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(
    ANALYZE is None, reason="no systemd-analyze here: the unit was not verified"
)
# 1.3 without what bubblewrap needs; what is inside its namespaces has far less than any unit can take away.
EXPOSURE = 2.6


def settings(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^([A-Za-z]+)=(.*)$", text, flags=re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def written(folder: Path, layout: Layout) -> Path:
    program = folder / "driftline"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    path = folder / "driftline.service"
    path.write_text(unit(layout))
    return path


def analyze(*argv: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        (str(ANALYZE), *map(str, argv)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


both = pytest.mark.parametrize("worker", [False, True], ids=["server", "worker"])


@both
@needs_systemd
def test_systemd_has_nothing_to_complain_about(tmp_path: Path, *, worker: bool) -> None:
    done = analyze("verify", written(tmp_path, Layout(tmp_path / "driftline", worker=worker)))
    assert (done.returncode, done.stdout) == (0, "")


@needs_systemd
def test_paths_with_special_characters_reach_systemd_unharmed(tmp_path: Path) -> None:
    folder = tmp_path / "a b%h $HOME"
    folder.mkdir()
    odd = folder / "c\"d'e\\f"
    layout = Layout(folder / "driftline", config=odd / "config.yaml", data_dir=odd)
    done = analyze("verify", written(folder, layout))
    assert (done.returncode, done.stdout) == (0, "")


@both
@needs_systemd
def test_its_exposure_is_low(tmp_path: Path, *, worker: bool) -> None:
    path = written(tmp_path, Layout(tmp_path / "driftline", worker=worker))
    done = analyze("security", "--offline=true", "--no-pager", path)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stdout
    assert float(found[1]) <= EXPOSURE, done.stdout
    assert "Failed to parse" not in done.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("WatchdogSec", "60"),
        ("KillMode", "process"),
        ("SendSIGHUP", "no"),
        ("TimeoutStopSec", "45min"),
        ("Restart", "on-failure"),
        ("OOMPolicy", "continue"),
        ("UMask", "0077"),
        ("StateDirectoryMode", "0700"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("RestartPreventExitStatus", "64 75 78"),
    ],
)
def test_what_applies_depend_on_stays(name: str, value: str) -> None:
    assert settings(unit(Layout(Path("/opt/driftline/bin/driftline"))))[name] == [value]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Type", "exec"),
        ("KillMode", "process"),
        ("SendSIGHUP", "no"),
        ("TimeoutStopSec", "45min"),
        ("OOMPolicy", "continue"),
        ("UMask", "0077"),
        ("StateDirectoryMode", "0700"),
        ("RestartPreventExitStatus", "6 64 78"),
        ("ExecStart", "/opt/driftline/bin/driftline --config /etc/driftline/config.yaml worker"),
    ],
)
def test_what_applies_of_a_worker_depend_on_stays(name: str, value: str) -> None:
    found = settings(unit(Layout(Path("/opt/driftline/bin/driftline"), worker=True)))
    assert found[name] == [value]


def test_a_worker_is_hardened_as_the_daemon() -> None:
    own = {
        "Description",
        "Type",
        "NotifyAccess",
        "ExecStart",
        "ExecReload",
        "WatchdogSec",
        "RestartPreventExitStatus",
    }
    server, worker = (
        settings(unit(Layout(Path("/usr/bin/driftline"), worker=worker))) for worker in (False, True)
    )
    assert {name for name in server.keys() | worker.keys() if server.get(name) != worker.get(name)} == own


@both
def test_a_failing_start_is_not_tried_for_ever(*, worker: bool) -> None:
    text = unit(Layout(Path("/opt/driftline/bin/driftline"), worker=worker))
    # systemd ignores them, with a warning only, in any other section.
    head = text[: text.index("[Service]")]
    assert {"StartLimitIntervalSec", "StartLimitBurst"} <= settings(head).keys()


def test_another_data_directory_can_be_written_to() -> None:
    usual = Layout(Path("/opt/driftline/bin/driftline"))
    other = Layout(Path("/opt/driftline/bin/driftline"), data_dir=Path("/srv/driftline"))
    assert "ReadWritePaths" not in settings(unit(usual))
    assert settings(unit(other))["ReadWritePaths"] == ["/srv/driftline"]


@both
def test_nothing_is_left_to_be_filled_in(*, worker: bool) -> None:
    text = unit(Layout(Path("/usr/bin/driftline"), worker=worker))
    assert "@" not in re.sub(r"@(system-service|privileged|resources)", "", text)


@both
def test_every_block_of_the_unit_says_why(*, worker: bool) -> None:
    """A line stands directly below its reason, or below another line that shares it."""
    lines = unit(Layout(Path("/usr/bin/driftline"), worker=worker)).splitlines()
    section = lines.index("[Service]")
    unexplained = [
        line
        for before, line in zip(lines[section:], lines[section + 1 :], strict=False)
        if "=" in line and not line.startswith("#") and not before
    ]
    assert unexplained == []


def test_the_daemon_may_confine_what_it_starts() -> None:
    """These calls are in no set that a systemd of 2022 has."""
    calls = " ".join(settings(unit(Layout(Path("/usr/bin/driftline"))))["SystemCallFilter"]).split()
    assert {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"} <= set(calls)


def test_a_second_installation_follows_the_hardening_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "hardening.md").read_text()
    found = re.search(r"sed '([^']+)'", page)
    assert found
    text = unit(Layout(Path("/usr/bin/driftline"), user="driftline-b"))
    second = settings(
        subprocess.run(["sed", found[1]], input=text, text=True, capture_output=True, check=True).stdout
    )
    assert second["ExecStart"] == ["/usr/bin/driftline --config /etc/driftline-b/config.yaml daemon"]
    assert second["StateDirectory"] == ["driftline-b"]
    assert second["User"] == ["driftline-b"]
