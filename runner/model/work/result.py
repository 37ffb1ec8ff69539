"""Which results a job at a worker may end with."""

from runner.model.execution.job import ApplyOutcome, ApplyResult, Phase, PlanFailure, PlanResult, Result

# Of whoever supervises an apply on this host: neither is an end.
_ENDLESS = frozenset({ApplyOutcome.LEFT, ApplyOutcome.UNSEEN})


def objection(phase: Phase, result: Result) -> str:
    """Why a job of this phase does not end with it; empty if it may. Recorded, it would end the lease and not the run."""
    if phase is Phase.PLAN:
        return "" if isinstance(result, PlanResult | PlanFailure) else f"it is planned, not {result.TAG}"
    if not isinstance(result, ApplyResult):
        return f"it is applied, not {result.TAG}"
    return "its apply is still running, so it has no result yet" if result.outcome in _ENDLESS else ""
