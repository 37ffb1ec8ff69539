"""What is known of an apply whose end is not, as lines for a person."""

from runner.cli.screen.facts import fact_lines
from runner.cli.screen.output import Line, Screen
from runner.cli.screen.run import state_screen
from runner.model.run.evidence import Evidence
from runner.view.evidence import evidence_facts
from runner.view.run_page import RunPage

LOG_SHOWN = 20


def evidence_screen(run: RunPage) -> Screen:
    """What a person who has to say how it ended goes by."""
    yield from state_screen(run)
    yield run.reason
    yield from evidence_lines(run.evidence)


def evidence_lines(evidence: Evidence | None, *, full: bool = False) -> list[Line]:
    if evidence is None:
        return []
    log = evidence.log if full else evidence.log[-LOG_SHOWN:]
    return [
        "Evidence:",
        *fact_lines(list(evidence_facts(evidence))),
        *(f"  | {line}" for line in log),
    ]
