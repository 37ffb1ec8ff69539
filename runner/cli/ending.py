"""How a run ended, or several: the exit code of a command that waited for them."""

from collections.abc import Iterable

from runner.model.run.life import State

PARTLY = 8  # some of several were done, and others were refused

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


def of_several(codes: Iterable[int]) -> int:
    """A failure counts most. Where some were refused and others were not, the code says just that."""
    found = set(codes)
    bad = found - {0}
    if not bad:
        return 0
    for code in (130, 1):
        if code in bad:
            return code
    return PARTLY if 0 in found else max(bad)
