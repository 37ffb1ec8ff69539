"""Plans of many engines are read, and count what the engines themselves counted."""

import json
from pathlib import Path

import pytest
from recorded.play import HERE

from runner.model.changes.changes import Summary
from runner.model.plan.fingerprint import fingerprint
from runner.model.plan.reading import parse_document, plan_problem, read_plan
from runner.model.plan.text import render

# More recordings may lie beside the repository.
BESIDE = Path(__file__).parents[2].parent / "shared" / "engines" / "corpus"
PLANS = sorted(path for top in (HERE, BESIDE) for path in top.glob("*/*/show.json"))


@pytest.mark.parametrize("plan", PLANS, ids=lambda path: "-".join(path.parts[-3:-1]))
def test_a_recorded_plan_is_read_and_counted_as_its_engine_does(plan: Path) -> None:
    document = parse_document(plan.read_bytes())
    changes = read_plan(document)
    assert render(changes)
    assert len(fingerprint(document, b"k" * 32)) == 64
    shown = _counts(plan.with_name("plan.jsonl"))
    if shown is not None and plan_problem(document) is None:
        assert _counted(changes.summary) == shown


def _counts(output: Path) -> dict[str, int] | None:
    """The last `change_summary` of `plan -json`."""
    lines = [json.loads(line) for line in output.read_text().splitlines() if line.startswith("{")]
    found = [line["changes"] for line in lines if line.get("type") == "change_summary"]
    if not found:
        return None
    return {
        name: found[-1].get(name, 0) for name in ("add", "change", "remove", "import", "action_invocation")
    }


def _counted(summary: Summary) -> dict[str, int]:
    """A replace is counted as one to add and one to remove."""
    return {
        "add": summary.create + summary.replace,
        "change": summary.update,
        "remove": summary.delete + summary.replace,
        "import": summary.import_,
        "action_invocation": summary.action,
    }
