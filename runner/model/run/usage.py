"""The resources a job used."""

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Usage:
    """What executing a job used, as far as the worker could measure it."""

    seconds: float = 0.0
    peak_memory: int | None = None  # bytes; None where it was not measured
