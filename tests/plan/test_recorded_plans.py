"""Plans of many engines are read, and count what the engines themselves counted."""

import pytest
from recorded.recording import Recording, recordings

from runner.model.changes.changes import Summary
from runner.model.plan.fingerprint import fingerprint
from runner.model.plan.reading import parse_document, plan_problem, read_plan
from runner.model.plan.text import render

PLANS = [one for one in recordings() if one.document is not None]


@pytest.mark.parametrize("recording", PLANS, ids=str)
def test_a_recorded_plan_is_read_and_counted_as_its_engine_does(recording: Recording) -> None:
    document = parse_document(recording.document or b"")
    changes = read_plan(document)
    assert render(changes)
    assert len(fingerprint(document, b"k" * 32)) == 64
    shown = _counts(recording)
    if shown is not None and plan_problem(document) is None:
        assert _counted(changes.summary) == shown


def _counts(recording: Recording) -> dict[str, int] | None:
    """The last `change_summary` of `plan -json`."""
    found = [one["changes"] for one in recording.messages("plan") if one.get("type") == "change_summary"]
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
