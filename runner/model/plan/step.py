"""The named parts of a plan, as they were done one after the other."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """How long it took. Where one failed, it is the last."""

    name: str
    seconds: float
    failed: bool = False
