"""Why a plan that was made again differs from the approved one: names of what is read differently, never values."""

from collections.abc import Iterable, Iterator

from runner.model.changes.changes import AttributeChange, ChangeSet, Evaluated, ResourceChange
from runner.model.evaluated.code import Part
from runner.model.values.frozen import dataclass

MAX_NAMED = 3
_Place = tuple[str, str, str, int, str]


@dataclass(frozen=True)
class Difference:
    """`by_value`: nothing but values changed, so each plan may differ from the one before in the same words."""

    sentence: str
    by_value: bool = False


def difference(approved: ChangeSet | None, again: ChangeSet) -> Difference:
    """Why the new plan does something else; `approved` is None if its changes are no longer available."""
    if approved is None:
        return Difference("it would now do something else")
    evaluated = list(_evaluated(approved, again))
    if evaluated:
        sentence = _first("; ", (one.sentence for one in evaluated), more=", and {} more")
        return Difference(sentence, by_value=all(one.by_value for one in evaluated))
    if paths := _differing(approved, again):
        return Difference(f"it would now do something else ({paths} changed)", by_value=True)
    return Difference("it would now do something else")


def _evaluated(approved: ChangeSet, again: ChangeSet) -> Iterator[Difference]:
    """In what only an apply evaluates."""
    before, now = _by_place(approved), _by_place(again)
    old_marks = {reading.name: reading.mark for reading in approved.readings}
    new_marks = {reading.name: reading.mark for reading in again.readings}
    for place in sorted(before.keys() & now.keys()):
        names = dict.fromkeys((*before[place].reads, *now[place].reads))
        changed = [name for name in names if old_marks.get(name) != new_marks.get(name)]
        if changed:
            yield Difference(_sentence(now[place], changed), by_value=True)
    invoked = [{(one.address, one.trigger) for one in side.actions} for side in (approved, again)]
    for address, trigger in sorted(invoked[0] ^ invoked[1]):
        now_or_not = "no longer" if (address, trigger) in invoked[0] else "now"
        yield Difference(f"{address} is {now_or_not} invoked {trigger}")


def _differing(approved: ChangeSet, again: ChangeSet) -> str:
    """The first paths with another value now; empty if none is visible, as when only a secret changed."""
    return _first(", ", _paths(approved, again), more=" and {} more")


def _first(between: str, names: Iterable[str], *, more: str) -> str:
    """The first few, without duplicates, and how many more there are."""
    found = list(dict.fromkeys(names))
    left = len(found) - MAX_NAMED
    return between.join(found[:MAX_NAMED]) + (more.format(left) if left > 0 else "")


def _paths(approved: ChangeSet, again: ChangeSet) -> Iterator[str]:
    before, now = _by_address(approved), _by_address(again)
    for place in sorted({**before, **now}):
        old, new = before.get(place), now.get(place)
        address = place[0]
        if old is None or new is None or old.action is not new.action:
            was, will = (one.action.value if one is not None else "left alone" for one in (old, new))
            yield f"{address} ({was} before, {will} now)"
            continue
        values = [{one.path: one for one in side.attributes} for side in (old, new)]
        yield from (
            f"{address} {path}"
            for path in {**values[0], **values[1]}
            if _differ(values[0].get(path), values[1].get(path))
        )
    outputs = [{one.name: one for one in side.outputs} for side in (approved, again)]
    for name in sorted({**outputs[0], **outputs[1]}):
        if outputs[0].get(name) != outputs[1].get(name):
            yield f"output.{name}"


def _differ(old: AttributeChange | None, new: AttributeChange | None) -> bool:
    """Ignores old values that a provider computes: a refresh changes them at any time."""
    both_unknown = old is not None and new is not None and old.unknown and new.unknown
    return old != new and not both_unknown


def _by_address(changes: ChangeSet) -> dict[tuple[str, str], ResourceChange]:
    return {(one.address, one.deposed or ""): one for one in changes.resources if not one.data}


def _by_place(changes: ChangeSet) -> dict[_Place, Evaluated]:
    return {(one.kind, one.subject, one.name, one.index, one.argument): one for one in changes.evaluated}


def _sentence(one: Evaluated, changed: list[str]) -> str:
    if one.kind == Part.ACTION and one.argument:
        return f"{one.argument} of {one.subject} changed"
    reads = f"({', '.join(changed[:MAX_NAMED])} changed)"
    match one.kind:
        case Part.PROVISIONER:
            return f"the {one.argument} of {one.subject}'s provisioner is different now {reads}"
        case Part.PROVIDER:
            return f"{one.argument or 'the configuration'} of provider {one.subject} is different now {reads}"
        case _:
            return f"{one.argument or 'the configuration'} of {one.subject} is different now {reads}"
