"""What runs left of a revision that they did not apply completely: targeted, or failed half-way.

The state then contains parts of another revision than the one drift is compared with. Those parts are not
drift.
"""

from runner.model.changes.changes import ResourceChange
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Partly:
    """One such run, and its planned changes; its values are masked."""

    run: str
    revision: str
    outcome: str  # in words: `apply failed`, `destroy failed`, `targeted`
    changes: tuple[ResourceChange, ...] = ()
