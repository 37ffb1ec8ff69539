"""Plans that no run makes: with a state that the stack does not use yet, or of code that no branch has."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from typing import Any

from runner.host.files import read_foreign
from runner.model.changes.changes import ChangeSet, Diagnostic, first_error
from runner.model.execution.job import Job, PlanFailure
from runner.model.execution.plan_report import Question
from runner.model.values.frozen import dataclass
from runner.ports.engine import GENERATED, EngineError, Planned
from runner.ports.worker import WorkerPorts
from runner.service.execution.export import settle_tree
from runner.service.execution.plan import (
    Planning,
    failure_of,
    init,
    plan,
    prepare,
    question_of,
    read_report,
    show,
)

LARGEST_CODE = 4 << 20
LARGEST = 64 << 20  # bytes of a document that is parsed here: parsed, it takes ten times as much


@dataclass(frozen=True)
class TrialPlan:
    """The whole document, secrets included, and what is to be asked of it; empty if nothing changes."""

    document: dict[str, Any]
    question: Question
    engine_version: str


TrialPlans = Callable[[Job], TrialPlan | PlanFailure]


def told(failure: PlanFailure) -> str:
    """Why a plan failed, in one line."""
    first = first_error(failure.diagnostics)
    detail = " ".join(first.detail.split()) if first is not None else ""
    return failure.reason if not detail or detail in failure.reason else f"{failure.reason}: {detail}"


def plan_with_state(job: Job, ports: WorkerPorts, state: bytes, name: str) -> ChangeSet | PlanFailure:
    """Made in separate folders, under this name instead of a run's; nothing of it is kept."""
    with _trial(job, ports, state, name) as own:
        planned = _planned(job, own, name)
        if isinstance(planned, PlanFailure):
            return planned
        found = read_report(planned, question_of(job, own, planned))
        if isinstance(found, EngineError):
            return failure_of(found)
        return ChangeSet() if found is None else found[0].changes


@contextmanager
def trial_plans(job: Job, ports: WorkerPorts, state: bytes | None, name: str) -> Iterator[TrialPlans]:
    """Several plans of one stack, each with its own revision, in the same separate folders."""
    with _trial(job, ports, state, name) as own:

        def planned(one: Job) -> TrialPlan | PlanFailure:
            try:
                made = _planned(one, own, name)
                return made if isinstance(made, PlanFailure) else _document(one, own, made)
            finally:
                if one.revision != job.revision:
                    settle_tree(one, ports)

        yield planned


def generated_code(
    job: Job, ports: WorkerPorts, state: bytes | None, name: str
) -> tuple[str, PlanFailure | None]:
    """The code that terraform writes for `import` blocks without a resource.

    With it come errors if it is not valid as it is, which happens more often than not.
    """
    with _trial(job, ports, state, name) as own:
        planning = _begun(job, own, name, generate=True)
        failed = next((failed for step in (init, plan) if (failed := step(planning))), None)
        try:
            written = planning.execution.workspace.scratch / GENERATED
            text = read_foreign(written, LARGEST_CODE).decode(errors="replace")
        except OSError:
            text = ""
        return text, None if failed is None else failure_of(failed)


@contextmanager
def _trial(job: Job, ports: WorkerPorts, state: bytes | None, name: str) -> Iterator[WorkerPorts]:
    try:
        with ports.workspaces.trial() as trial:
            if state is not None:
                trial.put_state(job.folder, job.stack.terraform_workspace, state, name)
            yield replace(ports, workspaces=trial, states=None)
    finally:
        settle_tree(job, ports)


def _planned(job: Job, ports: WorkerPorts, name: str) -> Planned | PlanFailure:
    planning = _begun(job, ports, name)
    for step in (init, plan, show):
        if failed := step(planning):
            return failure_of(failed)
    return planning.planned


def _begun(job: Job, ports: WorkerPorts, name: str, *, generate: bool = False) -> Planning:
    planning = Planning(job, ports, Event())
    prepared = prepare(job, ports, planning.cancel, None)
    planning.execution = replace(prepared, run=name, generate=generate)
    return planning


def _document(job: Job, ports: WorkerPorts, planned: Planned) -> TrialPlan | PlanFailure:
    document = planned.document
    if planned.shown is not None:
        if planned.shown.stat().st_size > LARGEST:
            reason = f"its plan has more than {LARGEST >> 20} MiB of JSON"
            return PlanFailure((Diagnostic("error", reason),), reason)
        document = json.loads(read_foreign(planned.shown, LARGEST))
    return TrialPlan(document or {}, question_of(job, ports, planned), planned.engine_version)
