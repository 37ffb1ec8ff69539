"""A plan with a state that the stack does not use yet."""

from dataclasses import replace
from threading import Event

from runner.model.changes.changes import ChangeSet
from runner.model.execution.job import Job, PlanFailure
from runner.ports.engine import EngineError
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


def plan_with_state(job: Job, ports: WorkerPorts, state: bytes, name: str) -> ChangeSet | PlanFailure:
    """Made in separate folders, under this name instead of a run's; nothing of it is kept."""
    try:
        with ports.workspaces.trial() as trial:
            trial.put_state(job.folder, job.stack.terraform_workspace, state, name)
            return _planned(job, replace(ports, workspaces=trial), name)
    finally:
        settle_tree(job, ports)


def _planned(job: Job, ports: WorkerPorts, name: str) -> ChangeSet | PlanFailure:
    planning = Planning(job, ports, Event())
    planning.execution = replace(prepare(job, ports, planning.cancel, None), run=name)
    for step in (init, plan, show):
        if failed := step(planning):
            return failure_of(failed)
    found = read_report(planning.planned, question_of(job, ports, planning.planned))
    if isinstance(found, EngineError):
        return failure_of(found)
    return ChangeSet() if found is None else found[0].changes
