"""What runs left of a revision that they did not apply as a whole: targeted, or failed half-way.

The state then holds parts of another revision than the one that drift is compared with. Those parts are no drift of the cloud.
"""

from dataclasses import dataclass

from runner.model.plan.changes import ResourceChange


@dataclass(frozen=True)
class Partly:
    """One such run, and what its plan said it would do; its values are masked."""

    run: str
    revision: str
    outcome: str  # in words: `apply failed`, `destroy failed`, `targeted`
    changes: tuple[ResourceChange, ...] = ()
