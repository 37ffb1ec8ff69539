"""How a run ended: the exit code of a command that waited for it."""

from runner.model.run.life import State

# What is not final is no failure.
EXIT_CODES: dict[State, int] = {
    State.QUEUED: 0,
    State.PLANNING: 0,
    State.AWAITING_APPROVAL: 0,
    State.APPROVED: 0,
    State.APPLYING: 0,
    State.APPLIED: 0,
    State.NO_CHANGES: 0,
    State.DRIFTED: 0,
    State.PLANNED: 0,
    State.SUPERSEDED: 3,
    State.REJECTED: 3,
    State.CANCELED: 1,
    State.PLAN_FAILED: 1,
    State.APPLY_FAILED: 1,
    State.INTERRUPTED: 1,
}
