"""States as text: a word, with a symbol beside it where one says more."""

from collections.abc import Mapping

from runner.model.run.life import State
from runner.model.stack.definition import DriftStatus, Sync

NEW = "new"
STATE: Mapping[State, str] = {
    State.QUEUED: "…",
    State.PLANNING: "▸",
    State.AWAITING_APPROVAL: "⏸",
    State.APPROVED: "…",
    State.APPLYING: "▸",
    State.NO_CHANGES: "✔",
    State.DRIFTED: "●",
    State.PLANNED: "✔",
    State.APPLIED: "✔",
    State.REJECTED: "✗",
    State.CANCELED: "✗",
    State.SUPERSEDED: "○",
    State.PLAN_FAILED: "✗",
    State.APPLY_FAILED: "✗",
    State.INTERRUPTED: "✗",
}


def state(of: State) -> str:
    return f"{STATE[of]} {of.in_words}"


def sync(of: Sync, applied: str | None) -> str:
    """The sync axis; where no revision was ever applied, there is nothing that Git could differ from."""
    return NEW if is_new(of, applied) else of.value


def is_new(of: Sync, applied: str | None) -> bool:
    return of is Sync.UNKNOWN and applied is None


def drift(status: DriftStatus, found: str) -> str:
    """The drift axis; what was found is said in the words of the check."""
    match status:
        case DriftStatus.CLEAN:
            return "✔ clean"
        case DriftStatus.DRIFTED:
            return f"● {found}"
        case DriftStatus.ERROR:
            return "✗ check failed"
        case DriftStatus.UNKNOWN:
            return "not checked"
