"""A configuration that the running daemon refuses to load: who is told, where, and until when."""

import json
import os
import signal
import stat
from pathlib import Path
from typing import Any

import pytest
from daemon_world import Systemd, daemon, systemd
from operator_world import Installation, installation

from runner.app import App
from runner.datadir.daemon_lock import only_daemon
from runner.datadir.refused_reload import RefusedReloads
from runner.errors import BadConfig, DriftlineError
from runner.host.clock import SystemClock

TOKEN = 918273645  # without quotes: a problem of a key that holds a secret


@pytest.fixture
def made(tmp_path: Path) -> Installation:
    return installation(tmp_path)


def reload_needs(made: Installation) -> list[dict[str, Any]]:
    page = json.loads(made("status", "-o", "json").stdout)
    return [need for need in page["needs"] if need["why"] == "reload"]


def refuse(app: App, error: DriftlineError) -> None:
    with pytest.raises(type(error)), RefusedReloads(app.settings.data_dir).noted(SystemClock()):
        raise error


def test_a_refused_reload_is_shown_until_one_succeeds(made: Installation) -> None:
    sound = made.config.read_text()
    with systemd() as notified, daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        notified.wait_for("READY", "1")
        made.configure(
            {"name": "infra", "url": "https://git.example.com/infra.git", "auth": {"token": TOKEN}},
            drift={"action": "reconsile"},
        )
        broken = made.config.read_text()
        reloaded(process.pid, notified)
        made.config.write_text(sound)
        (need,) = reload_needs(made)
        place = next(n for n, line in enumerate(broken.splitlines(), 1) if "reconsile" in line)
        assert f"{made.config}:{place}:" in need["text"]
        assert need["command"] == f"driftline config validate {made.config} && systemctl reload driftline"
        assert "auth.token: " in need["text"]
        assert str(TOKEN) not in (made.data_dir / "reload" / "refused.json").read_text()
        reloaded(process.pid, notified)
        assert reload_needs(made) == []


def test_a_daemon_that_restarts_forgets_the_refused_reload(made: Installation) -> None:
    sound = made.config.read_text()
    with systemd() as notified:
        with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
            notified.wait_for("READY", "1")
            made.config.write_text("sorces: []\n")
            reloaded(process.pid, notified)
            made.config.write_text(sound)
            assert len(reload_needs(made)) == 1
            process.kill()
            process.wait()
        assert reload_needs(made) == []  # no daemon runs, so none goes on with an older configuration
        with daemon(made, {"NOTIFY_SOCKET": notified.address}):
            notified.wait_for("READY", "1")
            assert reload_needs(made) == []
            assert not (made.data_dir / "reload" / "refused.json").exists()


def reloaded(pid: int, notified: Systemd) -> None:
    os.kill(pid, signal.SIGHUP)
    notified.wait_for("RELOADING", "1")
    notified.wait_for("READY", "1")


def test_the_terminal_says_which_configuration_is_in_use_and_what_to_do(made: Installation) -> None:
    app = App.from_config(made.config)
    app.store.close()
    with only_daemon(app.settings.data_dir):
        refuse(app, BadConfig("the configuration has 1 problem:\n  /etc/d.yaml:5:13: odd", hint="look"))
        shown = made("status").stdout
    assert "✗ not loaded  configuration: reload refused" in shown
    assert "the daemon goes on with the one before: /etc/d.yaml:5:13: odd" in " ".join(shown.split())
    assert "look" in shown


def test_doctor_fails_where_the_daemon_refused_its_configuration(made: Installation) -> None:
    app = App.from_config(made.config)
    app.store.close()
    with only_daemon(app.settings.data_dir):
        refuse(app, BadConfig("the configuration has 1 problem:\n  /etc/d.yaml:5:13: odd"))
        found = json.loads(made("doctor", "-o", "json").stdout)
    (finding,) = [one for one in found if one["check"] == "daemon"]
    assert finding["state"] == "fail"
    assert "/etc/d.yaml:5:13: odd" in finding["message"]
    assert finding["hint"] == "driftline config validate && systemctl reload driftline"


def test_a_move_of_the_data_directory_asks_for_a_restart(made: Installation) -> None:
    app = App.from_config(made.config)
    app.store.close()
    data_dir = app.settings.data_dir
    made.config.write_text(made.config.read_text().replace(str(data_dir), f"{data_dir}2"))
    with pytest.raises(BadConfig), RefusedReloads(data_dir).noted(SystemClock()):
        app.reloaded()
    refused = RefusedReloads(data_dir).of(os.getpid())
    assert refused is not None
    assert refused.hint == "systemctl restart driftline"


def test_the_first_problems_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    lines = "".join(f"\n  a.yaml:{n}:1: odd" for n in range(1, 6))
    with pytest.raises(BadConfig), RefusedReloads(tmp_path).noted(SystemClock()):
        raise BadConfig(f"the configuration has 5 problems:{lines}")
    refused = RefusedReloads(tmp_path).of(os.getpid())
    assert refused is not None
    assert refused.sentence == "a.yaml:1:1: odd; a.yaml:2:1: odd; a.yaml:3:1: odd; and 2 more"


def test_what_another_daemon_noted_does_not_count(tmp_path: Path) -> None:
    refused = RefusedReloads(tmp_path)
    with pytest.raises(BadConfig), refused.noted(SystemClock()):
        raise BadConfig("odd")
    assert refused.of(os.getpid()) is not None
    assert refused.of(os.getpid() + 1) is None
    assert refused.of(None) is None


def test_the_record_is_private_and_no_full_disk_hides_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = RefusedReloads(tmp_path)
    with pytest.raises(BadConfig), refused.noted(SystemClock()):
        raise BadConfig("odd")
    file = tmp_path / "reload" / "refused.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    file.write_text("{")
    assert refused.of(os.getpid()) is None
    monkeypatch.setattr("runner.datadir.daemon_note.write_whole", no_room)
    with pytest.raises(BadConfig), refused.noted(SystemClock()):
        raise BadConfig("odd")


def no_room(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")
