"""Whether one more run fits beside the running ones, by the memory that each is known to need."""

from collections.abc import Iterable

from runner.model.values.frozen import dataclass

REMEMBERED = (
    5  # the last runs of a stack, whose highest peak counts: a single small one says little about the next
)
# A new provider version, or a few more resources, need a little more than before.
SPARE = 0.1
# A run that ended before its second measurement counts as this much.
MIN_MEMORY = 100_000_000
# Share of the machine; the rest is for the system and for Driftline itself.
FOR_RUNS = 0.8


@dataclass(frozen=True)
class Share:
    """A running job: the memory reserved for it, and how much of that it uses already."""

    kept: int
    taken: int = 0

    @property
    def still_to_come(self) -> int:
        return max(0, self.kept - self.taken)


def need(peak: int | None, unknown: int) -> int:
    """The memory to reserve for a stack's run: its own peak and a little more, or the default if none is known."""
    return unknown if peak is None else max(MIN_MEMORY, int(peak * (1 + SPARE)))


def fits(wanted: int, executing: Iterable[Share], available: int | None) -> bool:
    """Whether that much is left once all others have grown to their peaks. One run always fits."""
    shares = list(executing)
    if not shares or available is None:
        return True
    return wanted <= available - sum(share.still_to_come for share in shares)


def slot_count(wanted: int | str, cores: int) -> int:
    """How many runs may execute at once, as far as the processor is concerned.

    A check or a plan is work for the processor: the provider's schema is built and sent, at 1.4 cores while
    it runs. One more than there are cores would only slow down all of them. Where plans do wait, the operator
    sets a number.
    """
    return wanted if isinstance(wanted, int) else max(1, cores)


def memory_limit(total: int | None, slots: int, per_run: int) -> int:
    """The size that Go may let one process grow to: the slot's share of the machine, and at least what a run may need."""
    return per_run if total is None else max(per_run, int(total * FOR_RUNS) // max(1, slots))
