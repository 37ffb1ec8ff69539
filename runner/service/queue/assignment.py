"""A job that was handed out, with the claim on its run."""

from runner.model.execution.job import Job
from runner.model.values.frozen import dataclass
from runner.ports.keeping import HeldClaim


@dataclass(frozen=True)
class Assignment:
    job: Job
    held: HeldClaim
