"""Why a plan that was made again is not the one that was approved: what is read differently, never a value."""

from collections.abc import Iterator

from runner.model.code import Part
from runner.model.plan import ChangeSet, Evaluated

MOST_TOLD = 3
MOVES = " changed)"  # ends the sentence where a value that is read is another one
_Place = tuple[str, str, str, int, str]


def otherwise(approved: ChangeSet, again: ChangeSet) -> str:
    """A sentence for a person; empty where what only an apply evaluates is the same."""
    told = list(dict.fromkeys(_sentences(approved, again)))
    more = f", and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
    return "; ".join(told[:MOST_TOLD]) + more


def _sentences(approved: ChangeSet, again: ChangeSet) -> Iterator[str]:
    before, now = _by_place(approved), _by_place(again)
    old_marks = {reading.name: reading.mark for reading in approved.readings}
    new_marks = {reading.name: reading.mark for reading in again.readings}
    for place in sorted(before.keys() & now.keys()):
        names = dict.fromkeys((*before[place].reads, *now[place].reads))
        changed = [name for name in names if old_marks.get(name) != new_marks.get(name)]
        if changed:
            yield _told(now[place], changed)
    invoked = [{(one.address, one.trigger) for one in side.actions} for side in (approved, again)]
    for address, trigger in sorted(invoked[0] ^ invoked[1]):
        yield f"{address} is {'no longer' if (address, trigger) in invoked[0] else 'now'} invoked {trigger}"


def _by_place(changes: ChangeSet) -> dict[_Place, Evaluated]:
    return {(one.kind, one.subject, one.name, one.index, one.argument): one for one in changes.evaluated}


def _told(one: Evaluated, changed: list[str]) -> str:
    if one.kind == Part.ACTION and one.argument:
        return f"{one.argument} of {one.subject} changed"
    reads = f"({', '.join(changed[:MOST_TOLD])}{MOVES}"
    match one.kind:
        case Part.PROVISIONER:
            return f"the {one.argument} of {one.subject}'s provisioner is another one now {reads}"
        case Part.PROVIDER:
            return (
                f"{one.argument or 'the configuration'} of provider {one.subject} is another one now {reads}"
            )
        case _:
            return f"{one.argument or 'the configuration'} of {one.subject} is another one now {reads}"
