"""What executing a job took."""

from dataclasses import replace

from runner.model.execution.job import PlanResult, Result
from runner.model.run.usage import Usage
from runner.process.metering import Meter


def measured(result: Result, meter: Meter, seconds: float) -> Result:
    # A run that failed early used little, which says nothing about others.
    peak = meter.seen if isinstance(result, PlanResult) else meter.peak or None
    return replace(result, usage=Usage(seconds, peak))
