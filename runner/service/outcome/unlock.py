"""After a lock is released, the runs that wait for the state are due at once."""

from runner.model.execution.job import Job, LockResult, Phase
from runner.model.run.life import Run
from runner.ports.control import ControlPorts


def settle_lock(control: ControlPorts, job: Job, result: LockResult) -> Run:
    """The run that left the lock stays as it is."""
    with control.store.writing() as writer:
        if job.phase is Phase.UNLOCK and not result.reason:
            for waiting in writer.open_runs(job.stack.name):
                if waiting.wait_until is not None and waiting.claim is None:
                    writer.annotate(waiting, wait_until=None, waits=0)
        return writer.run(job.run)
