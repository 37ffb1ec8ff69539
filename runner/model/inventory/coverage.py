"""How much of an account the stacks manage: each listed object is managed, unmanaged, or left out with a reason."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field

from runner.model.aws.place import Place
from runner.model.inventory.left_out import Ignored, LeftOut, left_out
from runner.model.inventory.managed import Managed, ManagedObject
from runner.model.inventory.resource import CloudResource
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Judged:
    """A listed object: managed by an object of a stack, left out, or neither, and so unmanaged."""

    resource: CloudResource
    by: ManagedObject | None = None
    left_out: LeftOut | None = None


@dataclass(frozen=True)
class Count:
    """Of one type in one place."""

    place: Place
    type: str
    managed: int = 0
    unmanaged: int = 0
    left_out: int = 0


@dataclass(frozen=True)
class Gap:
    """What could not be listed, so that the answer is partial: a permission is missing, or the service did not answer.

    `action` is the IAM action to allow; empty where none is missing.
    """

    place: Place
    what: str
    reason: str
    action: str = ""

    def __str__(self) -> str:
        return f"{self.what} in {self.place}: {self.reason}"


def judge(resources: Iterable[CloudResource], managed: Managed, ignored: Ignored) -> Iterator[Judged]:
    """One by one, so that an account is never in memory as a whole. What a stack manages is managed, whatever its tags say."""
    for one in resources:
        owner = managed.owner(one)
        yield Judged(one, owner, None if owner else left_out(one, ignored))


@dataclass(frozen=True)
class Tally:
    """Counts while objects pass."""

    counts: Counter[tuple[Place, str, str]] = field(default_factory=Counter)

    def add(self, one: Judged) -> None:
        column = "managed" if one.by else "left_out" if one.left_out else "unmanaged"
        self.counts[one.resource.place, one.resource.type, column] += 1

    def rows(self) -> list[Count]:
        keys = {key[:2] for key in self.counts}
        return [self._row(place, name) for place, name in sorted(keys, key=lambda key: (str(key[0]), key[1]))]

    def _row(self, place: Place, name: str) -> Count:
        managed, unmanaged, left_out = (
            self.counts[place, name, column] for column in ("managed", "unmanaged", "left_out")
        )
        return Count(place, name, managed, unmanaged, left_out)


def share(managed: int, unmanaged: int) -> float | None:
    """Between 0 and 1; None where there is nothing to manage."""
    return managed / (managed + unmanaged) if managed + unmanaged else None
