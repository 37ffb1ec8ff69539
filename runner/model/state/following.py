"""Whether one state may follow another one, as terraform itself demands of its backends."""

from runner.model.state.header import Header
from runner.model.state.version import StateVersion


def objection(new: Header, newest: StateVersion | None, digest: str) -> str | None:
    """Why a run may not write this state. Writing the newest one again is fine: an answer may have been lost."""
    if newest is None or newest.digest == digest:
        return None
    if new.lineage != newest.lineage:
        return f"it has lineage {new.lineage}, but the newest version {newest.number} has {newest.lineage}"
    if new.serial < newest.serial:
        return f"its serial {new.serial} is older than {newest.serial}, that of the newest version {newest.number}"
    if new.serial == newest.serial:
        return f"it differs from the newest version {newest.number}, which has the same serial {new.serial}"
    return None
