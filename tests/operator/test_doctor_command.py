"""`driftline doctor` on a real installation, whole and broken."""

import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from operator_world import Installation, driftline, installation

from runner.app import App
from runner.datadir.daemon_lock import only_daemon
from runner.doctor.finding import Scene
from runner.doctor.tools import sqlite
from runner.store import journal_mode
from runner.store.database import FILE_NAME, SqliteStore


class Tomorrow:
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def made(tmp_path: Path) -> Installation:
    return installation(tmp_path)


@pytest.fixture
def used(made: Installation) -> Installation:
    App.from_config(made.config).store.close()
    return made


def findings(made: Installation, *argv: str) -> dict[str, dict[str, str]]:
    """By name of the check."""
    return {found["check"]: found for found in json.loads(made("doctor", "-o", "json", *argv).stdout)}


def test_a_sound_installation_has_nothing_to_fix(used: Installation) -> None:
    if shutil.which("terraform") is None:
        pytest.skip("no terraform on PATH")
    answer = used("doctor")
    assert answer.code == 0, answer.stdout
    assert "✗" not in answer.stdout


def test_looking_makes_nothing(made: Installation) -> None:
    made("doctor")
    assert not made.data_dir.exists()


def test_every_finding_has_the_documented_shape_and_every_fault_a_hint(used: Installation) -> None:
    used.data_dir.chmod(0o755)
    for found in json.loads(used("doctor", "-o", "json").stdout):
        assert found.keys() == {"check", "state", "message", "hint"}
        assert found["state"] in {"ok", "warn", "fail"}
        assert found["hint"] or found["state"] == "ok"


def test_a_broken_configuration_is_a_finding_and_other_checks_continue(made: Installation) -> None:
    made.config.write_text("sorces: []\n")
    answer = made("doctor", "-o", "json")
    by_name = {found["check"]: found for found in json.loads(answer.stdout)}
    assert answer.code == 1
    assert by_name["config"]["state"] == "fail"
    assert "sorces" in by_name["config"]["message"]
    assert by_name["git"]["state"] == "ok"


def test_a_configuration_that_may_not_be_read_is_a_finding(
    made: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(made.config))

    monkeypatch.setattr(App, "from_config", refuse)
    found = findings(made)["config"]
    assert found["state"] == "fail"
    assert str(made.config) in found["message"]


def test_a_configuration_that_others_may_write_fails(used: Installation) -> None:
    used.config.chmod(0o666)
    assert findings(used)["config"]["state"] == "fail"


def test_a_data_directory_that_others_may_read_fails(used: Installation) -> None:
    used.data_dir.chmod(0o750)
    found = findings(used)["permissions"]
    assert found["state"] == "fail"
    assert found["hint"] == f"chmod 700 {used.data_dir}"


def test_files_that_others_may_read_are_listed(used: Installation) -> None:
    plan = used.data_dir / "plan.tfplan"
    plan.touch(mode=0o600)
    plan.chmod(0o644)
    found = findings(used)["permissions"]
    assert found["state"] == "warn"
    assert "plan.tfplan" in found["message"]


def test_checked_out_code_may_keep_its_modes(used: Installation) -> None:
    tree = used.data_dir / "trees/infra/abc"
    tree.mkdir(parents=True)
    (tree / "run.sh").touch(mode=0o755)
    assert "run.sh" not in findings(used)["permissions"]["message"]


def test_a_damaged_database_fails_with_how_to_restore_it(used: Installation) -> None:
    (used.data_dir / FILE_NAME).write_bytes(b"no database" * 1000)
    found = findings(used)["database"]
    assert found["state"] == "fail"
    assert "cp BACKUP" in found["hint"]


def test_a_clock_that_went_back_fails(made: Installation) -> None:
    made.data_dir.mkdir(mode=0o700)
    store = SqliteStore(made.data_dir, Tomorrow())
    with store.writing() as writer:
        writer.audit_note("ana", "test.noted", "one", {})
    store.close()
    assert findings(made)["clock"]["state"] == "fail"


def test_a_source_that_does_not_answer_fails_and_the_others_do_not(made: Installation) -> None:
    made.configure(
        {"name": "infra", "url": str(made.repository)}, {"name": "gone", "url": str(made.folder / "gone")}
    )
    found = findings(made)
    assert found["source infra"]["state"] == "ok"
    assert found["source gone"]["state"] == "fail"


def test_a_branch_that_is_not_there_fails(made: Installation) -> None:
    made.configure({"name": "infra", "url": str(made.repository), "branch": "release"})
    assert "release" in findings(made)["source infra"]["message"]


def test_a_living_daemon_is_named(used: Installation) -> None:
    assert findings(used)["daemon"]["state"] == "warn"
    with only_daemon(used.data_dir):
        assert findings(used)["daemon"]["state"] == "ok"


def test_an_engine_that_is_not_there_fails(made: Installation) -> None:
    none = str(made.folder / "none")
    made.configure(engines={"terraform": {"binary": none}, "tofu": {"binary": none}})
    found = findings(made)
    assert found["terraform"]["state"] == "fail"
    assert "engines.terraform.binary" in found["terraform"]["hint"]


def test_an_engine_that_babbles_is_a_finding(made: Installation) -> None:
    fake = made.folder / "terraform"
    fake.write_text("#!/bin/sh\necho hello\n")
    fake.chmod(0o755)
    made.configure(engines={"terraform": {"binary": str(fake)}})
    assert findings(made)["terraform"]["state"] == "fail"


def test_an_empty_mirror_is_worse_where_there_is_nothing_else(made: Installation) -> None:
    mirror = made.folder / "mirror"
    mirror.mkdir()
    made.configure(engines={"plugin_mirror": str(mirror)})
    assert findings(made)["providers"]["state"] == "warn"
    made.configure(engines={"plugin_mirror": str(mirror), "offline": True})
    assert findings(made)["providers"]["state"] == "fail"


ROLES = """\
name: one
aws:
  region: eu-west-1
  plan_role: "arn:aws:iam::111122223333:role/driftline-plan"
  apply_role: "arn:aws:iam::111122223333:role/driftline-apply"
"""


def test_roles_are_tried_only_when_asked(made: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    moto = pytest.importorskip("moto.server")
    made.configure(
        {
            "name": "infra",
            "url": str(made.repository),
            "allow": {"aws_roles": ["arn:aws:iam::111122223333:role/*"]},
        }
    )
    (made.repository / "one/stack.yaml").write_text(ROLES)
    made.commit("roles")
    assert made("source", "sync").code == 0
    assert findings(made)["aws"]["message"].startswith("stacks use 2 roles")
    server = moto.ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    try:
        shown = made("doctor", "--deep").stdout
    finally:
        server.stop()
    assert "role/driftline-plan can be assumed" in shown
    assert "role/driftline-apply can be assumed" in shown


def test_a_missing_configuration_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    answer = driftline("doctor", "-o", "json")
    assert json.loads(answer.stdout)[0]["check"] == "config"


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (False, False, "rollback journal, because a WAL reset can corrupt the database"),
        (True, True, "journal mode WAL"),
        (False, True, "rollback journal until the daemon"),
    ],
)
def test_it_tells_how_the_database_is_journaled_and_not_only_how_it_could_be(
    used: Installation, monkeypatch: pytest.MonkeyPatch, *, before: bool, now: bool, told: str
) -> None:
    monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _: before)
    other = App.from_config(used.config)
    assert other.store.uses_wal is before
    monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _: now)
    app = App.from_config(used.config)
    (finding,) = sqlite(Scene(app))
    assert finding.message.startswith(f"SQLite {sqlite3.sqlite_version}, ")
    assert told in finding.message
    app.store.close()
    other.store.close()


def test_without_a_database_it_tells_how_one_would_be_journaled(
    made: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _: True)
    (finding,) = sqlite(Scene(App.from_config(made.config)))
    assert "journal mode WAL" in finding.message
    assert not made.data_dir.exists()
