"""`driftline doctor` names what could not be removed, and is not held up by what a run built."""

import json
from pathlib import Path

from operator_world import Installation, installation
from remote.shapes import nest

from runner.foreign.budget import Budget
from runner.foreign.remove import remove


def states(made: Installation) -> dict[str, str]:
    shown = json.loads(made("doctor", "-o", "json").stdout)
    return {finding["check"]: finding["state"] for finding in shown}


def test_a_tree_that_is_left_is_named_and_the_other_checks_go_on(tmp_path: Path) -> None:
    made = installation(tmp_path)
    made("plan", "one")
    assert "quarantine" not in states(made)
    data = next(path for path in tmp_path.rglob("driftline.db")).parent
    (data / "quarantine").mkdir(mode=0o700, exist_ok=True)
    nest(data / "quarantine" / "7.0123456789ab", 1500)
    shown = states(made)
    assert (shown["quarantine"], shown["permissions"]) == ("warn", "ok")
    remove(data / "quarantine", Budget())
