"""Where the audit log stands is written down outside the database, as often as something was written."""

import stat
from pathlib import Path

import pytest
import structlog
import yaml
from records_world import Records

from runner.app import App
from runner.errors import BadConfig, DatabaseRolledBack
from runner.model.run.life import Event
from runner.service.integrity.checkpoint import checkpoint


def test_a_checkpoint_names_the_newest_entry_and_goes_to_the_log_too(records: Records) -> None:
    records.queue()
    with structlog.testing.capture_logs() as logs:
        written = checkpoint(records.control)
    assert written is not None
    assert (written.seq, written.head, written.at) == (*records.head(), records.clock.at)
    assert records.control.checkpoints.newest() == written
    assert [(line["event"], line["AUDIT_HEAD"]) for line in logs] == [("audit.checkpoint", written.anchor)]


def test_nothing_is_written_where_nothing_happened(records: Records) -> None:
    assert checkpoint(records.control) is None
    assert not records.checkpoints.exists()
    records.queue()
    checkpoint(records.control)
    before = records.checkpoints.read_bytes()
    assert checkpoint(records.control) is None
    assert records.checkpoints.read_bytes() == before


def test_a_log_that_was_cut_is_not_covered_by_a_new_checkpoint(records: Records) -> None:
    run = records.queue()
    records.walk(run, Event.CLAIM)
    checkpoint(records.control)
    records.tamper("DELETE FROM audit WHERE seq > 1")
    before = records.checkpoints.read_bytes()
    for _ in range(3):
        with pytest.raises(DatabaseRolledBack, match="entry 2"):
            checkpoint(records.control)
        records.queue()
    assert records.checkpoints.read_bytes() == before


def test_the_key_is_made_for_its_owner_alone(records: Records) -> None:
    records.queue()
    checkpoint(records.control)
    key = records.data_dir / "keys" / "audit"
    assert (stat.S_IMODE(key.stat().st_mode), key.stat().st_size) == (0o600, 32)


def configured(records: Records, **audit: str) -> App:
    path = records.root / "driftline.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "audit": audit}))
    records.restart()
    return records.app


def test_file_and_key_may_be_elsewhere(records: Records, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "audit.key").write_text("ab" * 32)
    configured(records, checkpoints="other/seen.jsonl", key=f"${{file:{tmp_path}/audit.key}}")
    records.queue()
    checkpoint(records.control)
    assert (tmp_path / "other" / "seen.jsonl").exists()
    assert not records.checkpoints.exists()
    assert not (records.data_dir / "keys" / "audit").exists()


def test_a_key_that_is_none_is_a_problem_of_the_configuration(records: Records) -> None:
    with pytest.raises(BadConfig, match=r"audit\.key: expected 32 bytes") as error:
        configured(records, key="password")
    assert "password" not in error.value.message
