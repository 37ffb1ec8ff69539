"""What suspends self-healing, whatever its rules say."""

from collections.abc import Iterator
from datetime import datetime

from runner.model.drift.report import DriftReport, ReportStatus
from runner.model.healing.rules import HealTerms
from runner.model.stack.definition import Stack
from runner.model.stack.lock import Lock
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Surroundings:
    """What is known about a stack whose drift may be healed. `report` is None where it is resolved."""

    stack: Stack
    terms: HealTerms
    now: datetime
    report: DriftReport | None = None
    lock: Lock | None = None
    never: str | None = None  # by whose word the stack is never applied
    read: bool = True  # whether this version has read the stack files of its source
    partly: str | None = None  # the run that left parts of another revision


def suspended(on: Surroundings) -> Iterator[str]:
    """Why nothing heals by itself, each as a sentence."""
    if on.terms.action != "reconcile":
        yield f"drift.action is {on.terms.action} ({on.terms.why})"
    if on.never is not None:
        yield f"the stack may not be applied: its mode is never ({on.never})"
    yield from _held(on)
    yield from _of_git(on)
    yield from _of_report(on)


def set_aside(on: Surroundings) -> bool:
    """Whether people said to leave the drift, or have to look first: then nothing is planned either."""
    return any(_held(on)) or any(_of_report(on))


def _held(on: Surroundings) -> Iterator[str]:
    if on.lock is not None:
        yield f"the stack is locked by {on.lock.holder}: {on.lock.reason}"
    pause = on.stack.pause
    if pause is not None and pause.holds(on.now):
        yield f"the stack is paused by {pause.by}: {pause.reason}"
    elif on.stack.definition.paused:
        yield "the stack is paused: its definition in Git says paused: true"


def _of_git(on: Surroundings) -> Iterator[str]:
    """Without the newest stack file, it is not known what it says about healing."""
    if not on.read:
        yield "the stack files of its source have not been read completely since the settings changed"
    if on.stack.missing_since is not None:
        yield "the stack is no longer in Git"
    if on.stack.problem is not None:
        yield "its definition in Git is invalid"
    if on.partly is not None:
        yield f"{on.partly} left parts of another revision in the state"


def _of_report(on: Surroundings) -> Iterator[str]:
    report = on.report
    if report is None or report.status is ReportStatus.RESOLVED:
        yield "its drift report is resolved"
        return
    if report.acknowledged(on.now) and (known := report.acknowledgement) is not None:
        yield f"{report.name} is acknowledged by {known.by}: {known.reason}"
    if report.contest is not None:
        yield f"{report.name} is contested: {report.contest.sentence}"
