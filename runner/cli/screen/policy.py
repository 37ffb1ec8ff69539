"""Policies, their tests, and what a plan would meet, drawn."""

from runner.cli.screen.facts import fact_lines, policy_facts
from runner.cli.screen.output import Cell, Colour, Screen, Table
from runner.model.approval.guardrails import POLICY
from runner.view.policy import PolicyRow, PolicyRows, TestRows, TrialPage
from runner.view.words import counted

HEADS = ("NAME", "KIND", "WHAT", "STACKS", "DIGEST", "STATE")
MAX_STACKS = 3
_COLOURS: dict[str, Colour] = {"pass": "green", "fail": "red", "error": "red", "todo": "yellow"}


def policies_screen(rows: PolicyRows) -> Screen:
    yield Table(
        HEADS,
        [(row.name, row.kind, row.what, _stacks(row), (row.digest or "-")[:12], _state(row)) for row in rows],
        empty="No policies. Add some under policies: in the configuration.",
    )
    for row in rows:
        if row.problem:
            yield Cell(f"{row.name}:", "red")
            yield from (f"  {line}" for line in row.problem.splitlines())


def _stacks(of: PolicyRow) -> str:
    more = len(of.stacks) - MAX_STACKS
    return ", ".join(of.stacks[:MAX_STACKS]) + (f" and {more} more" if more > 0 else "") or "none"


def _state(of: PolicyRow) -> Cell:
    if of.problem:
        return Cell("✗ denies every plan", "red")
    return Cell("✔ ok", "green") if of.blocking else Cell("✔ ok, warns only", "green")


def tests_screen(rows: TestRows) -> Screen:
    for row in rows:
        yield [Cell(f"{row.result.upper():<5}", _COLOURS[row.result]), f"  {row.name}"]
    failed = sum(row.result in {"fail", "error"} for row in rows)
    yield f"{counted(len(rows), 'test')}, {failed} failed."


def trial_screen(of: TrialPage) -> Screen:
    rails = [one for one in of.guard_rails if one.code != POLICY]
    yield from fact_lines(
        [
            *policy_facts(of.policies),
            *(("guardrail", Cell(f"! {one.sentence}", "red")) for one in rails),
            *([("problem", Cell(f"! {of.problem}", "red"))] if of.problem else []),
            *(
                [("needs", f"{counted(of.approvals, 'approval')} (mode {of.mode})")]
                if of.approvals is not None
                else []
            ),
        ]
    )
    match of.decision:
        case "pass":
            yield Cell("✔ passes", "green")
        case "confirm":
            yield Cell("● a person has to confirm it explicitly", "yellow")
        case "deny":
            yield Cell("✗ denied", "red")
