"""What is known of an apply whose end is not, as lines for a person."""

from runner.cli.screen.facts import fact_lines
from runner.cli.screen.output import Line, Screen
from runner.cli.screen.run import state_screen
from runner.model.run.evidence import Evidence
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
    facts = [
        ("how it ended", _ending(evidence.exit_code)),
        ("not finished", ", ".join(evidence.unfinished)),
        ("state serial", _serials(evidence)),
        ("state lock", _lock(evidence)),
        ("kept state", ", ".join(evidence.salvaged)),
    ]
    log = evidence.log if full else evidence.log[-LOG_SHOWN:]
    return [
        "Evidence:",
        *fact_lines([(name, value) for name, value in facts if value]),
        *(f"  | {line}" for line in log),
    ]


def _ending(exit_code: int | None) -> str:
    if exit_code is None:
        return "unknown: the processes were gone and no result was recorded"
    return f"ended by signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"


def _serials(evidence: Evidence) -> str:
    before, after = evidence.serial_before, evidence.serial_after
    if before is None and after is None:
        return ""
    known = [("?" if serial is None else str(serial)) for serial in (before, after)]
    moved = " (it has been written since)" if None not in {before, after} and before != after else ""
    return f"{known[0]} when it was planned, {known[1]} now{moved}"


def _lock(evidence: Evidence) -> str:
    if evidence.lock is None:
        return ""
    return f"{evidence.lock}" + ("; by this run" if evidence.lock_is_ours else "; not by this run")
