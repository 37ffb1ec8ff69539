"""Which versions of a state retention removes."""

from collections.abc import Collection, Sequence

from runner.model.state.version import StateVersion


def superfluous(
    versions: Sequence[StateVersion], keep: int, planned_on: Collection[tuple[str, int]]
) -> list[StateVersion]:
    """All but the newest `keep`, and those that plans of open runs were made on: their lineages and serials."""
    newest_last = sorted(versions, key=lambda one: one.number)
    return [one for one in newest_last[: -max(keep, 1)] if (one.lineage, one.serial) not in planned_on]
