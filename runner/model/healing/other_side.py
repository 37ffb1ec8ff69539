"""Who is on the other side of a fight, as far as plans show it."""

from collections.abc import Iterator

from runner.model.changes.changes import MASK, UNKNOWN, ChangeSet

_SAYS_NOTHING = (None, "", MASK, UNKNOWN)


def wrote(other: ChangeSet, healed: ChangeSet) -> bool:
    """Whether another plan set an attribute of the same type to a value that a heal had to undo."""
    undone = list(_values(healed, before=True))
    return any(one in undone for one in _values(other, before=False))


def _values(changes: ChangeSet, *, before: bool) -> Iterator[tuple[str, str, object]]:
    for resource in changes.resources:
        for one in () if resource.data else resource.attributes:
            value = one.before if before else one.after
            if not (value in _SAYS_NOTHING or isinstance(value, bool) or one.sensitive):
                yield resource.type, one.path, value
