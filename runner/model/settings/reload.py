"""A configuration that the daemon refused to load again: it goes on with the one before."""

from datetime import datetime
from typing import Self

from runner.errors import DriftlineError
from runner.model.values.frozen import dataclass

VALIDATE, AGAIN = "driftline config validate", "systemctl reload driftline"
MOST = 3  # problems that a look shows; the command of the hint prints all of them


@dataclass(frozen=True)
class RefusedReload:
    """`problems` are those of the file, each with its place and free of secrets; `hint` is the next step."""

    at: datetime
    problems: tuple[str, ...]
    hint: str

    @classmethod
    def because(cls, error: DriftlineError, at: datetime) -> Self:
        """A message of several lines counts its problems in the first, and has one in each of the others."""
        first, *others = (line.strip() for line in error.message.splitlines())
        # A file with problems is checked before it is loaded again; what else refuses names its own step.
        step = f"{error.hint} && {AGAIN}" if error.hint.startswith(VALIDATE) else error.hint
        return cls(at, tuple(others) or (first,), step)

    @property
    def sentence(self) -> str:
        shown, more = self.problems[:MOST], len(self.problems) - MOST
        return "; ".join((*shown, f"and {more} more") if more > 0 else shown)
