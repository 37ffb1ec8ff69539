"""`driftline audit verify`: what it finds, in which words, with which exit code."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from records_world import Records

from runner.cli.main import main
from runner.model.audit.log import GENESIS, chain_hash
from runner.model.run.life import Event
from runner.service.cycle.restored import put_right_restored
from runner.service.integrity.checkpoint import checkpoint


def verify(records: Records, *words: str) -> Result:
    argv = ["-c", str(records.root / "driftline.yaml"), "audit", "verify", *words]
    return CliRunner().invoke(main, argv, prog_name="driftline")


def document(records: Records, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(verify(records, "-o", "json", *words).stdout)
    return found


@pytest.fixture
def seen(records: Records) -> Records:
    """With an apply, and a checkpoint in the middle and at its end."""
    records.walk(records.queue("prod/rds"), Event.CANCEL)
    checkpoint(records.control)
    records.apply()
    return records


def write_anew(records: Records, seq: int) -> None:
    """Change one entry and compute every hash after it, as somebody would who knows the chain."""
    records.tamper(f"UPDATE audit SET actor = 'eve' WHERE seq = {seq}")
    previous = GENESIS
    statements = []
    for entry in _rows(records):
        number, *body = entry
        previous = chain_hash(number, previous, *body)
        statements.append(f"UPDATE audit SET hash = '{previous}' WHERE seq = {number}")
    records.tamper(*statements)


def _rows(records: Records) -> list[tuple[Any, ...]]:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(records.database)) as connection:
        return connection.execute(
            "SELECT seq, at, actor, action, subject, detail FROM audit ORDER BY seq"
        ).fetchall()


def test_a_log_that_fits_its_checkpoints_verifies(seen: Records) -> None:
    answer = verify(seen)
    assert answer.exit_code == 0, answer.stderr
    assert "2 checkpoints match" in answer.stderr
    assert answer.stdout.strip() == f"{seen.head()[0]}:{seen.head()[1]}"


def test_the_document_says_all_of_it(seen: Records) -> None:
    found = document(seen)
    seq, head = seen.head()
    assert found == {
        "ok": True,
        "entries": seq,
        "anchor": f"{seq}:{head}",
        "flaws": [],
        "notes": [],
        "checkpoints": {
            "file": str(seen.checkpoints),
            "count": 2,
            "newest": {"seq": seq, "at": "2026-03-01T12:00:00Z"},
        },
    }


def test_an_edited_entry_is_named(seen: Records) -> None:
    seen.tamper("UPDATE audit SET actor = 'eve' WHERE seq = 4")
    answer = verify(seen)
    assert answer.exit_code == 1
    assert "entry 4 was altered" in answer.stderr
    assert [flaw["seq"] for flaw in document(seen)["flaws"]] == [4]


@pytest.mark.parametrize("left", [1, 2, 3, 6])
def test_a_cut_off_end_is_found_by_the_checkpoints(seen: Records, left: int) -> None:
    seen.tamper(f"DELETE FROM audit WHERE seq > {left}")
    answer = verify(seen)
    assert answer.exit_code == 1
    assert f"ends with entry {left}" in answer.stderr
    assert document(seen)["flaws"][0]["fault"] == "cut"


def test_an_emptied_log_is_found(seen: Records) -> None:
    seen.tamper("DELETE FROM audit")
    assert verify(seen).exit_code == 1


def test_a_recomputed_log_is_found_between_two_checkpoints(seen: Records) -> None:
    write_anew(seen, 4)
    answer = verify(seen)
    assert answer.exit_code == 1
    assert f"at least one of entries 3 to {seen.head()[0]} differs" in answer.stderr
    assert document(seen)["flaws"] == [
        {"fault": "replaced", "sentence": document(seen)["flaws"][0]["sentence"], "seq": 3, "line": None}
    ]


def test_a_database_that_was_rolled_back_is_found(seen: Records) -> None:
    backup = seen.backup()
    seen.apply("prod/rds")
    seen.restore(backup)
    answer = verify(seen)
    assert answer.exit_code == 1
    assert "the database was replaced by an older one" in answer.stderr


def test_a_recorded_restore_is_shown_and_no_fault(seen: Records) -> None:
    backup = seen.backup()
    kept = seen.head()[0]
    seen.apply("prod/rds")
    seen.restore(backup)
    put_right_restored(seen.control)
    answer = verify(seen)
    assert answer.exit_code == 0, answer.stderr
    assert f"everything after entry {kept} was lost" in answer.stderr


def test_a_recomputed_log_stays_a_fault_after_a_start(seen: Records) -> None:
    write_anew(seen, 4)
    put_right_restored(seen.control)
    seen.apply("prod/rds")
    answer = verify(seen)
    assert answer.exit_code == 1
    assert "after entry 2 differed" in answer.stderr


def test_an_edited_checkpoint_is_named_by_its_line(seen: Records) -> None:
    text = seen.checkpoints.read_text()
    seen.checkpoints.write_text(text.replace('"seq":2,', '"seq":1,'))
    answer = verify(seen)
    assert answer.exit_code == 1
    assert f"line 1 of {seen.checkpoints} was altered" in answer.stderr
    assert document(seen)["flaws"][0]["line"] == 1


def test_another_key_is_reported_as_such(seen: Records) -> None:
    (seen.data_dir / "keys" / "audit").write_bytes(b"x" * 32)
    answer = verify(seen)
    assert answer.exit_code == 1
    assert "no line matches the key" in answer.stderr


def test_missing_checkpoints_are_a_fault_where_something_was_applied(seen: Records) -> None:
    seen.checkpoints.unlink()
    answer = verify(seen)
    assert answer.exit_code == 5
    assert "is missing although runs were applied" in answer.stderr
    assert "--anchor" in answer.stderr


def test_missing_checkpoints_are_only_reported_where_nothing_was_applied(records: Records) -> None:
    records.queue()
    answer = verify(records)
    assert answer.exit_code == 0
    assert "no checkpoints file" in answer.stderr
    assert not (records.data_dir / "keys").exists()


def test_a_copy_of_the_checkpoints_from_elsewhere_can_be_given(seen: Records) -> None:
    copy = seen.root / "copy.jsonl"
    copy.write_bytes(seen.checkpoints.read_bytes())
    seen.checkpoints.unlink()
    assert verify(seen, "--checkpoints", str(copy)).exit_code == 0
    assert verify(seen, "--checkpoints", str(seen.root / "no.jsonl")).exit_code == 5


def test_an_anchor_is_compared_too(seen: Records) -> None:
    seq, head = seen.head()
    assert verify(seen, "--anchor", f"{seq}:{head}").exit_code == 0
    assert verify(seen, "--anchor", f"{seq}:{'0' * 64}").exit_code == 1
    answer = verify(seen, "--anchor", f"{seq + 1}:{head}")
    assert (answer.exit_code, f"entry {seq + 1} of the anchor" in answer.stderr) == (1, True)


def test_entries_proven_by_their_chain_alone_are_noted(seen: Records) -> None:
    seen.queue("prod/rds")
    answer = verify(seen)
    assert answer.exit_code == 0
    assert "only the chain itself protects the last 1" in answer.stderr


def test_bytes_that_are_no_text_are_found(seen: Records) -> None:
    seen.tamper("UPDATE audit SET actor = CAST(x'ff80' AS TEXT) WHERE seq = 3")
    answer = verify(seen)
    assert answer.exit_code == 1
    assert "entry 3" in answer.stderr
