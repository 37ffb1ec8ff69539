"""What a plan of changed code must not contain: the drift that it accepts, and anything that was not there before."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from runner.model.changes.changes import Action
from runner.model.changes.difference import differences, path_text
from runner.model.plan.fingerprint import canonical
from runner.model.plan.reading import action_of, is_change

Document = Mapping[str, Any]
MOST_NAMED = 5


def objection(before: Document, after: Document, accepted: Collection[str]) -> str:
    """Why the changed code is not what was wanted; empty if it is."""
    # A removed block makes the state forget the object, which is gone anyway: nothing changes in the cloud.
    left = sorted(
        entry["address"]
        for entry in _changes(after)
        if entry["address"] in accepted and action_of(entry["change"]) is not Action.FORGET
    )
    known = {_name(entry): entry for entry in _changes(before)}
    new = sorted(
        entry["address"]
        for entry in _changes(after)
        if entry["address"] not in accepted and not _within(entry, known.get(_name(entry)))
    )
    if new:
        return f"with it a plan would also change {_named(new)}"
    if left:
        paths = [
            path_text(one.path)
            for entry in _changes(after)
            if entry["address"] == left[0]
            for one in differences(entry["change"])
        ]
        which = f" ({', '.join(paths[:MOST_NAMED])})" if paths else ""
        return f"a plan would still change {_named(left)}{which}"
    return ""


def following_outputs(before: Document, after: Document) -> tuple[str, ...]:
    """Outputs that get the value in the cloud with the next apply."""
    known = before.get("output_changes") or {}
    return tuple(
        name
        for name, change in sorted((after.get("output_changes") or {}).items())
        if change.get("actions") != ["no-op"] and canonical(change) != canonical(known.get(name))
    )


def _changes(document: Document) -> Iterator[Mapping[str, Any]]:
    return (
        entry
        for entry in document.get("resource_changes") or ()
        if entry.get("mode") != "data" and is_change(entry)
    )


def _name(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["address"], entry.get("deposed") or ""


def _within(entry: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    """Whether the plan changes no more of it than it did before."""
    if before is None or action_of(entry["change"]) is not action_of(before["change"]):
        return False
    old, new = (
        {canonical([one.path, one.before, one.after, one.unknown]) for one in differences(each["change"])}
        for each in (before, entry)
    )
    return new <= old


def _named(addresses: list[str]) -> str:
    more = len(addresses) - MOST_NAMED
    return ", ".join(addresses[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
