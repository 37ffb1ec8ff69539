"""Which parts of a plan's document come from runs that left parts of another revision, and which changed outside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from runner.model.changes.bounded import STEPS, shortened
from runner.model.changes.changes import Action, AttributeChange, ResourceChange
from runner.model.changes.difference import Difference, Path, differences, same
from runner.model.drift.partly import Partly
from runner.model.plan.reading import action_of, attribute_changes
from runner.model.secret.copies import Secrets
from runner.model.values.frozen import dataclass

_TAINTED = "replace_because_tainted"
# Actions that add an object the applied revision may not know, and actions that remove one.
_BRINGS = frozenset({Action.CREATE, Action.REPLACE})
_TAKES = frozenset({Action.DELETE, Action.REPLACE, Action.FORGET})


@dataclass(frozen=True)
class Touched:
    """What runs planned for one address, newest first, and what changed outside since."""

    by: tuple[tuple[Partly, ResourceChange], ...] = ()
    moved: tuple[Path, ...] = ()  # differences between the state and the cloud
    entry: Mapping[str, Any] | None = None  # of `resource_drift`

    @property
    def run(self) -> Partly:
        return self.by[0][0]

    def left(self, entry: Mapping[str, Any], difference: Difference, secrets: Secrets) -> bool:
        """Whether a run wrote the old value, or left it half done."""
        if self._outside(difference.path):
            return False
        if entry.get("action_reason") == _TAINTED:
            return bool(self.by)
        (seen,) = attribute_changes(entry["change"], [difference], secrets)
        return any(_writes(planned, seen) for _, change in self.by for planned in change.attributes)

    def brought(self) -> bool:
        """Whether a run made the object that the applied revision does not know, and nothing changed it since."""
        return bool(self.by) and not self.moved

    def took(self) -> bool:
        """Whether a run destroyed, forgot or renamed the missing object, and not somebody else."""
        gone = self.entry is not None and action_of(self.entry["change"]) is Action.DELETE
        return not gone and any(
            change.action in _TAKES or change.previous_address is not None for _, change in self.by
        )

    def lost(self) -> bool:
        """Whether a run made it, or tried to, and somebody else deleted it."""
        return any(change.action in _BRINGS for _, change in self.by)

    def _outside(self, path: Path) -> bool:
        return any(_overlap(path, other) for other in self.moved)


UNTOUCHED = Touched()


def touched(runs: Sequence[Partly], document: Mapping[str, Any], secrets: Secrets) -> Mapping[str, Touched]:
    """By address, as the document writes it."""
    if not runs:
        return {}
    entries = [*(document.get("resource_changes") or ()), *(document.get("resource_drift") or ())]
    addresses = {entry["address"] for entry in entries}
    drift = {entry["address"]: entry for entry in document.get("resource_drift") or ()}
    by = _by_address(runs)
    return {
        address: Touched(
            tuple(by.get(secrets.address(address), ())),
            tuple(_moved_paths(drift.get(address))),
            drift.get(address),
        )
        for address in addresses
    }


def _by_address(runs: Iterable[Partly]) -> dict[str, list[tuple[Partly, ResourceChange]]]:
    found: dict[str, list[tuple[Partly, ResourceChange]]] = {}
    for run in runs:
        for change in run.changes:
            for address in filter(None, (change.address, change.previous_address)):
                found.setdefault(address, []).append((run, change))
    return found


def _moved_paths(entry: Mapping[str, Any] | None) -> Iterator[Path]:
    if entry is not None and action_of(entry["change"]) is Action.UPDATE:
        yield from (one.path for one in differences(entry["change"]) if not one.phantom)


def reverted(entry: Mapping[str, Any]) -> Iterator[Difference]:
    """The change that would undo it: from the value in the cloud to that in the state."""
    for one in differences(entry["change"]):
        if not one.phantom:
            yield Difference(one.path, one.after, one.before, None, one.mark)


def _overlap(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _writes(planned: AttributeChange, seen: AttributeChange) -> bool:
    """Whether the actual value may be the planned one: an unknown or hidden value is assumed to match."""
    if not _covers(planned.path, seen.path):
        return False
    known = planned.path == seen.path and not (planned.unknown or planned.sensitive or seen.sensitive)
    # A long value is stored shortened, with its digest.
    return not known or any(
        same(planned.after, one) for one in (seen.before, *(shortened(seen.before, limit) for limit in STEPS))
    )


def _covers(one: str, other: str) -> bool:
    """Whether one path leads to the other's value or into it; the empty path is the whole object."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    return longer == shorter or not shorter or longer.startswith((f"{shorter}.", f"{shorter}["))
