"""Which results a job at a worker may end with."""

from runner.model.execution.job import ApplyOutcome, ApplyResult, Phase, PlanFailure, PlanResult, Result

# For the supervisor of an apply on this host: neither is an end.
_ENDLESS = frozenset({ApplyOutcome.LEFT, ApplyOutcome.UNSEEN})


def objection(phase: Phase, result: Result) -> str:
    """Why a job of this phase cannot end with this result, which would end the lease and not the run; empty if it can."""
    if phase is Phase.PLAN:
        fits = isinstance(result, PlanResult | PlanFailure)
        return "" if fits else f"the job is a plan, and the result is {result.TAG}"
    if not isinstance(result, ApplyResult):
        return f"the job is an apply, and the result is {result.TAG}"
    return "its apply is still running, so it has no result yet" if result.outcome in _ENDLESS else ""
