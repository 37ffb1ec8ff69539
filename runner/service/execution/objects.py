"""Which objects the state of a stack has, read on the worker's side when it may have others than are on record."""

from dataclasses import replace

from runner.errors import DriftlineError
from runner.model.execution.job import Job
from runner.model.inventory.state_object import SeenObjects
from runner.ports.engine import Execution
from runner.ports.worker import WorkerPorts
from runner.service.execution.known_secrets import known


def keep_objects(
    job: Job, ports: WorkerPorts, execution: Execution, lineage: str = "", serial: int | None = None
) -> SeenObjects | None:
    """None if nobody asks for them, if they are on record, or if the state cannot be read: the next run tries again."""
    if job.known_state is None:
        return None
    if serial is not None and (job.known_state.lineage, job.known_state.serial) == (lineage, serial):
        return None
    try:
        seen = ports.engine.objects(execution)
        return None if seen is None else _without(seen, known(job, ports).texts)
    except (DriftlineError, OSError):
        return None


def _without(seen: SeenObjects, secrets: frozenset[str]) -> SeenObjects:
    """No id that is known as a secret, such as one that a plan called sensitive, becomes a record."""
    objects = (
        replace(
            one,
            arn="" if one.arn in secrets else one.arn,
            ids=tuple(text for text in one.ids if text not in secrets),
        )
        for one in seen.objects
    )
    return replace(seen, objects=tuple(objects))
