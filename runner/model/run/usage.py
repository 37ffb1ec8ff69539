"""What a job took of the machine."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Usage:
    """What executing a job took, as far as the worker could see it."""

    seconds: float = 0.0
    peak_memory: int | None = None  # bytes; None where it was not measured
