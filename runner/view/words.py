"""Sentences and counts that every face shows in the same words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runner.model.changes.changes import SYMBOLS, Action, Summary
from runner.model.plan.step import Step
from runner.model.run.life import Kind, Run, State
from runner.view.when import duration

if TYPE_CHECKING:
    from runner.model.drift.report import DriftReport
    from runner.view.counts import Counts
    from runner.view.run import RunRow

_TRIED_TO_APPLY = frozenset(
    {State.APPROVED, State.APPLYING, State.APPLIED, State.APPLY_FAILED, State.INTERRUPTED}
)

_STANDS: dict[State, str] = {
    State.PLANNING: "is being planned",
    State.AWAITING_APPROVAL: "waits for approval",
    State.APPLYING: "is being applied",
    State.NO_CHANGES: "has no changes",
    State.DRIFTED: "has found drift",
    State.PLANNED: "shows what a pull request would do",
    State.PLAN_FAILED: "could not be planned",
    State.APPLY_FAILED: "failed during the apply",
}


def stands(state: State) -> str:
    """What a run is or has come to, such as `is approved` or `has no changes`."""
    return _STANDS.get(state, f"is {state.in_words}")


def verb(run: "Run | RunRow") -> str:
    """What the run did or would do, in one word."""
    if run.kind is not Kind.CHANGE:
        return run.kind.value
    return "apply" if run.state in _TRIED_TO_APPLY else "plan"


_SIGNED: tuple[tuple[str, Action], ...] = (
    ("create", Action.CREATE),
    ("update", Action.UPDATE),
    ("replace", Action.REPLACE),
    ("delete", Action.DELETE),
)
_NAMED: dict[str, str] = {
    "import_": "import",
    "forget": "forget",
    "move": "move",
    "action": "action",
    "output": "output",
}


def counts(summary: "Summary | Counts") -> str:
    """Such as `+2 ~1 -/+1, 1 output`, or `no changes`."""
    signs = " ".join(
        f"{SYMBOLS[action]}{count}" for name, action in _SIGNED if (count := getattr(summary, name))
    )
    named = [
        counted(count, word) if word != "forget" else f"{count} forget"
        for name, word in _NAMED.items()
        if (count := getattr(summary, name))
    ]
    return ", ".join([signs, *named] if signs else named) or "no changes"


def changes(run: "Run | RunRow") -> str:
    """What its plan would do; nothing is known of a plan that failed or was not made."""
    return "-" if run.planned_at is None or run.state is State.PLAN_FAILED else counts(run.summary)


def found(report: "DriftReport") -> str:
    """Such as `2 changed, 1 gone`."""
    from runner.model.drift.report import DriftClass

    counted = [finding for finding in report.findings if finding.counts]
    gone = sum(finding.drift_class is DriftClass.MISSING for finding in counted)
    parts = (f"{len(counted) - gone} changed" if len(counted) > gone else "", f"{gone} gone" if gone else "")
    return ", ".join(part for part in parts if part) or "only ignored differences"


def times(number: int) -> str:
    """`once`, `2 times`."""
    return "once" if number == 1 else f"{number} times"


def counted(number: int, thing: str) -> str:
    """`1 problem`, `2 problems`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def steps(done: Sequence[Step]) -> str:
    """`prepare 0.1 s, init 2.3 s, plan 41 s (failed)`."""
    return ", ".join(f"{one.name} {duration(one.seconds)}{' (failed)' if one.failed else ''}" for one in done)


def failed_at(done: Sequence[Step]) -> str:
    """Where a plan failed, as a part of a sentence."""
    return f" (failed at {done[-1].name})" if done and done[-1].failed else ""


def or_list(names: Sequence[str]) -> str:
    """Such as `ana, bo or cy`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
