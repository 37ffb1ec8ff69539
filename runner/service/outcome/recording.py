"""The transaction that records the result of a job."""

from collections.abc import Iterator
from contextlib import contextmanager

from runner.model.execution.job import ApplyResult, Job, RunResult
from runner.model.run.life import Run
from runner.ports.control import ControlPorts
from runner.ports.records.store import Writer


@contextmanager
def recording(control: ControlPorts, job: Job, result: RunResult) -> Iterator[tuple[Writer, Run]]:
    """The current run. Its end and the resources it used, step by step, become visible together."""
    with control.store.writing() as writer:
        run = writer.run(job.run)
        writer.save_usage(run.id, result.usage)
        if not isinstance(result, ApplyResult):
            writer.save_steps(run.id, result.steps)
        yield writer, run
