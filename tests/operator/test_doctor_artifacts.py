"""`driftline doctor` tells whether the key reads what was kept."""

import json
from pathlib import Path

import pytest
from operator_world import Installation, installation

from runner.app import App

KEY = "00112233445566778899aabbccddeeff" * 2


@pytest.fixture
def made(tmp_path: Path) -> Installation:
    made = installation(tmp_path)
    made.configure(artifacts={"key": KEY})
    return made


def found(made: Installation) -> dict[str, str]:
    shown = json.loads(made("doctor", "-o", "json").stdout)
    return next(dict(finding) for finding in shown if finding["check"] == "artifacts")


def kept(made: Installation) -> None:
    made("plan", "one")
    assert App.from_config(made.config).artifacts.names(1)


def test_there_may_be_none_yet(made: Installation) -> None:
    assert found(made)["state"] == "ok"


def test_the_newest_one_is_read(made: Installation) -> None:
    kept(made)
    assert found(made) == {
        "check": "artifacts",
        "state": "ok",
        "message": "the key decrypts the newest artifact, plan.json of run-1",
        "hint": "",
    }


def test_a_key_that_was_replaced_fails_and_says_which_one_is_wanted(made: Installation) -> None:
    kept(made)
    made.config.write_text(made.config.read_text().replace(KEY, KEY[::-1]))
    shown = found(made)
    assert shown["state"] == "fail"
    assert "is encrypted with key" in shown["message"]
    assert "artifacts.old_keys" in shown["hint"]
