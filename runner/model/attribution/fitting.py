"""How well a call explains that an attribute changed, or that a resource is gone: 0 to 1, with the reason."""

import re
from collections.abc import Callable, Iterator, Mapping

from runner.model.attribution.calls import ALIASES, TABLE, TAGS
from runner.model.attribution.subject import Drifted, Subject, words
from runner.model.suspects.event import TrailEvent
from runner.model.suspects.parameters import mark_of, parameter
from runner.model.values.frozen import dataclass

_GONE = re.compile(
    r"(?:Delete|Terminate|Release|Remove|Revoke|Detach|Disassociate|Deregister|Destroy|Cancel)[A-Z]|Unsubscribe|Schedule\w*Deletion"
)
_CHANGES = re.compile(
    r"(?:Modify|Update|Put|Set|Change|Add|Attach|Detach|Authorize|Revoke|Enable|Disable|Associate|Disassociate|Replace|Reset|Register"
    r"|Deregister|Remove|Increase|Decrease|Start|Stop|Suspend|Resume|Apply|Configure|Move|Import|Restore)[A-Z]"
)
_TAG_CALLS = frozenset(TAGS.split())
_SHORT = 6  # characters of a parameter that is compared by its beginning or end


@dataclass(frozen=True)
class Fit:
    """`value` is whether the call sets the value that was found; None where that cannot be said."""

    strength: float
    reason: str = ""
    value: bool | None = None


NONE = Fit(0.0)


def fit_of_loss(subject: Subject, event: TrailEvent) -> Fit:
    known = TABLE.get(subject.type)
    if known is not None:
        return Fit(1.0, f"{event.name} removes it") if event.name in known.gone else NONE
    if not _GONE.match(event.name):
        return NONE
    if parameter(subject.type.rsplit("_", 1)[-1]) in event.name.lower():
        return Fit(0.9, f"{event.name} sounds like it")
    return Fit(0.4, f"{event.name} removes something of it")


def fit_of_change(subject: Subject, event: TrailEvent, drifted: Drifted) -> Fit:
    known = TABLE.get(subject.type)
    if known is None:
        return _by_verb(subject, event, drifted)
    alone, calls = known.row(drifted.path, event.name)
    if event.name in calls:
        return _by_tag(event, drifted) if _is_tag(drifted) else _by_call(subject, event, drifted, alone=alone)
    if event.name in known.all or event.name in known.gone:
        return NONE
    found = _by_verb(subject, event, drifted)
    return Fit(found.strength / 3, found.reason, found.value)


# By whether it is the value that was found.
_FITS: Mapping[bool | None, Callable[[str], Fit]] = {
    True: lambda what: Fit(0.96, f"{what} to the value that was found", value=True),
    False: lambda what: Fit(0.3, f"{what}, to another value", value=False),
    None: lambda what: Fit(0.85, what),
}


def _is_tag(drifted: Drifted) -> bool:
    return drifted.path.startswith("tags")


def _by_call(subject: Subject, event: TrailEvent, drifted: Drifted, *, alone: bool) -> Fit:
    is_named, value = _sets(subject, event, drifted)
    if value is False:
        return Fit(0.4, f"{event.name} set {drifted.path}, to another value", value=False)
    if value:
        return Fit(1.0, f"{event.name} set {drifted.path} to the value that was found", value=True)
    if alone:
        return Fit(0.97, f"{event.name} sets {drifted.path}")
    if is_named:
        return Fit(0.94, f"{event.name} set {drifted.path}")
    return Fit(0.2, f"{event.name} can set {drifted.path}, but does not mention it")


def _by_tag(event: TrailEvent, drifted: Drifted) -> Fit:
    """Calls about tags name their keys, unless CloudTrail leaves them out."""
    parts = words(drifted.path)
    removed = {mark for key, mark in event.sets if key in {"tagkeys", "tagkey", "key"} and mark}
    said = removed or any(key in {"tags", "tagset", "tagsettag", "tag"} for key, _ in event.sets)
    if len(parts) < 2 or not said:
        return Fit(0.95, f"{event.name} sets tags")
    marks = {mark for key, mark in event.sets if key == parameter(parts[-1])}
    if mark_of(parts[-1]) in removed:
        return Fit(0.98, f"{event.name} removed the tag")
    if not marks:
        return Fit(0.1, f"{event.name} sets other tags")
    if drifted.mark and drifted.mark in marks:
        return Fit(1.0, f"{event.name} set the tag to the value that was found", value=True)
    wrong = bool(drifted.mark) and bool(marks - {""})
    return Fit(0.4 if wrong else 0.95, f"{event.name} set the tag", value=False if wrong else None)


def _by_verb(subject: Subject, event: TrailEvent, drifted: Drifted) -> Fit:
    if event.name in _TAG_CALLS:
        return _by_tag(event, drifted) if _is_tag(drifted) else NONE
    if not _CHANGES.match(event.name):
        return NONE
    is_named, value = _sets(subject, event, drifted)
    if is_named:
        return _FITS[value](f"{event.name} set {drifted.path}")
    root = parameter(words(drifted.path)[0])
    if len(root) >= _SHORT and root in event.name.lower():
        return Fit(0.85, f"{event.name} sounds like {drifted.path}")
    return Fit(0.4, f"{event.name} changes it, but does not mention {drifted.path}")


def _sets(subject: Subject, event: TrailEvent, drifted: Drifted) -> tuple[bool, bool | None]:
    """Whether the call mentions the attribute, and whether with the value that was found."""
    alias = ALIASES.get(f"{subject.type}.{drifted.path}")
    wanted = [alias] if alias else [parameter(word) for word in reversed(words(drifted.path))]
    for depth, word in enumerate(wanted):
        marks = set(_marks(event, word))
        if not marks:
            continue
        known = {mark for mark in marks if mark[:1] == drifted.mark[:1]} if drifted.mark else set()
        if depth or not known:
            return True, None
        return True, drifted.mark in known
    return False, None


def _marks(event: TrailEvent, word: str) -> Iterator[str]:
    return (mark for key, mark in event.sets if key == word or _alike(key, word))


def _alike(key: str, word: str) -> bool:
    """Such as dbinstanceclass and instanceclass."""
    short, long = sorted((key, word), key=len)
    return len(short) >= _SHORT and (long.startswith(short) or long.endswith(short))
