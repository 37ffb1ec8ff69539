"""What the records know of the outputs in a stack's state: a keyed digest of each. The values are in a sealed artifact."""

from dataclasses import field
from typing import Any

from runner.model.values.frozen import dataclass

UNREAD = ""  # in place of a digest: nobody has read the outputs of that stack yet
ABSENT = "absent"  # in place of the digest of an output that the state does not have


@dataclass(frozen=True)
class StateOutput:
    """One output as the engine reads it."""

    value: Any = field(repr=False)
    sensitive: bool = True


@dataclass(frozen=True)
class KnownOutputs:
    """Read by `run`, which has the values as an artifact. The serial is unknown after an apply."""

    run: int
    digests: dict[str, str]
    sensitive: tuple[str, ...] = ()  # names
    lineage: str = ""
    serial: int | None = None
    found: bool = True  # False if the run could not read them

    def digest(self, output: str) -> str:
        return self.digests.get(output, ABSENT) if self.found else UNREAD


@dataclass(frozen=True)
class SeenOutputs:
    """What a run found in its stack's state, without the values; `found` is False if it could not be read."""

    digests: dict[str, str] = field(default_factory=dict)
    sensitive: tuple[str, ...] = ()
    lineage: str = ""
    serial: int | None = None
    found: bool = True
