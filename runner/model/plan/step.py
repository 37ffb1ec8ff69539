"""The named steps of a plan, in the order they ran."""

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Step:
    """A step and its duration. A failed one is the last."""

    name: str
    seconds: float
    failed: bool = False
