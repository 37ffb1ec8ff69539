"""How long one source's discovery may read: the rest is reported, and read by the next poll."""

import time
from dataclasses import dataclass, field

SECONDS = 120.0
NOT_READ_YET = f"not read yet, because reading the new files of this source takes longer than {SECONDS:g} s; the next poll continues"


@dataclass
class Patience:
    """Small files are read first, so that a deliberately slow file delays nobody else."""

    seconds: float = SECONDS
    complete: bool = True  # whether nothing was left for later
    _until: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._until = time.monotonic() + self.seconds

    @property
    def over(self) -> bool:
        """If it is, the caller leaves something for later."""
        late = time.monotonic() > self._until
        self.complete = self.complete and not late
        return late
