"""A job that was handed out, with the claim on its run."""

from dataclasses import dataclass

from runner.model.execution.job import Job
from runner.ports.keeping import HeldClaim


@dataclass(frozen=True)
class Assignment:
    job: Job
    held: HeldClaim
