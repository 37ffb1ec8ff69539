"""Whether one more run fits beside those that execute, by the memory that each is known to take."""

from collections.abc import Iterable
from dataclasses import dataclass

REMEMBERED = (
    5  # the last runs of a stack whose highest peak counts: one that was small says little of the next
)
# A provider's new version, or a few resources more, take a little more than what was seen.
SPARE = 0.1
# What is over before it was looked at twice is taken for this much.
LEAST = 100_000_000
# Of the machine; the rest is for the system and for Driftline itself.
FOR_RUNS = 0.8


@dataclass(frozen=True)
class Share:
    """Of a run that executes: what is kept for it, and what of that it takes already."""

    kept: int
    taken: int = 0

    @property
    def still_to_come(self) -> int:
        return max(0, self.kept - self.taken)


def need(peak: int | None, unknown: int) -> int:
    """What is kept for a run of a stack: its own peak and a little more, or what a run takes where none is known."""
    return unknown if peak is None else max(LEAST, int(peak * (1 + SPARE)))


def fits(wanted: int, executing: Iterable[Share], available: int | None) -> bool:
    """Whether so much is left when all others have grown to their peaks. One run always may."""
    shares = list(executing)
    if not shares or available is None:
        return True
    return wanted <= available - sum(share.still_to_come for share in shares)


def most_slots(wanted: int | str, cores: int) -> int:
    """How many runs go on at once at most, where memory is no question.

    A check or a plan is work for the processor: the provider's schema is built and sent, at 1.4 cores while it runs. One
    more than there are cores would only make all of them slower. Where plans do wait, the operator gives a number.
    """
    return wanted if isinstance(wanted, int) else max(1, cores)


def memory_limit(total: int | None, slots: int, per_run: int) -> int:
    """What Go may let one process grow to: the slot's part of the machine, and never less than a run is said to take."""
    return per_run if total is None else max(per_run, int(total * FOR_RUNS) // max(1, slots))
