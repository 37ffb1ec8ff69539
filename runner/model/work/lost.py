"""What becomes of a run whose worker is silent."""

from enum import StrEnum

from runner.model.run.life import State

REPEATS = 2  # of a lost plan or check; then it has failed


class Lost(StrEnum):
    AGAIN = "again"  # it changed nothing, so another worker may execute it
    FAILED = "failed"  # it was lost too often: perhaps it kills its workers
    PUT_BACK = "put back"  # an approved run that never passed the gate
    WAIT = "wait"  # terraform may be applying: only its worker, or a person, can tell how it ends


def fate(state: State, lost: int) -> Lost:
    """`lost` is how many of its leases were lost before this one."""
    if state is State.APPLYING:
        return Lost.WAIT
    if state is State.APPROVED:
        return Lost.PUT_BACK
    return Lost.AGAIN if lost < REPEATS else Lost.FAILED
