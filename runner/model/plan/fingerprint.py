"""The fingerprint of a plan: equal if two plans would do the same in the same place, down to the bytes of secrets.

Two plans of the same thing differ in bytes, so a digest cannot compare them. It is keyed, because a plain
hash of a short secret can be guessed.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from runner.model.changes.changes import Action
from runner.model.changes.configuration import config_address, configured_resources
from runner.model.changes.difference import same
from runner.model.changes.mask import holds_unknown, unknown_of
from runner.model.evaluated.code import UNREAD, Code
from runner.model.evaluated.evaluated import Applying
from runner.model.evaluated.readable import Found
from runner.model.plan.reading import action_of, changing, understanding
from runner.model.plan.timeless import Clock, clock_of

_ABSENT = object()


# Version 1 covered `resource_changes` and `output_changes`, 2 also covers what only the apply evaluates.
VERSION = 2
MARK_DIGITS = 16  # of the seal of one value, kept to tell which of many values changed


def fingerprint(document: Mapping[str, Any], key: bytes, code: Code = UNREAD) -> str:
    """Keyed HMAC over what the plan changes: addresses, actions, and every path that differs or is unknown.

    It also covers everything only the apply evaluates. What the plan leaves alone is not part of it: no key
    order, no time of the plan, no attribute that was merely refreshed.
    """
    with understanding(document):
        blocks = configured_resources(document)
        changes = changing(document)
        clock = clock_of(document, code)
        resources = [
            _resource(entry, blocks.get(config_address(entry["address"])), clock) for entry, _ in changes
        ]
        outputs = {
            name: {"actions": change["actions"], "changed": _changed(*_sides(change, clock))}
            for name, change in (document.get("output_changes") or {}).items()
            if action_of(change) is not Action.NO_OP
        }
        actions = [
            [kind, invocation]
            for kind in ("action_invocations", "deferred_action_invocations")
            for invocation in document.get(kind) or ()
        ]
        content = {
            "resources": _unordered(resources),
            "outputs": outputs,
            "actions": _unordered(actions),
            "evaluated": _unordered(_evaluated(Applying(document, changes, code))),
        }
        return seal("plan", content, key, version=VERSION)


def _evaluated(applying: Applying) -> Iterator[list[Any]]:
    # Many resources read the same. Stored with its digest, so that its id is not reused meanwhile.
    digests: dict[int, tuple[Mapping[str, Found], str]] = {}
    for thing in applying.things():
        known = digests.get(id(thing.found))
        if known is None:
            content = {label: found.content for label, found in thing.found.items()}
            digest = hashlib.sha256(canonical(content).encode()).hexdigest()
            known = digests[id(thing.found)] = (thing.found, digest)
        yield [thing.part, thing.subject, thing.name, thing.index, thing.argument, known[1]]


def seal(purpose: str, content: Any, key: bytes, *, version: int = 1) -> str:
    """HMAC-SHA256 of the canonical JSON, with a purpose so that seals of different things never collide."""
    text = f"driftline-{purpose}-v{version}\n{canonical(content)}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def canonical(content: Any) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), default=_number)


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"\0number": str(value)}
    raise TypeError(f"{type(value).__name__} is not JSON")


def _unordered(entries: Iterable[Any]) -> list[str]:
    return sorted(map(canonical, entries))


def _resource(entry: Mapping[str, Any], block: Mapping[str, Any] | None, clock: Clock) -> dict[str, Any]:
    change = entry["change"]
    return {
        "address": entry["address"],
        "deposed": entry.get("deposed"),
        "previous": entry.get("previous_address"),
        "importing": change.get("importing"),
        "actions": change["actions"],
        "replace": _unordered(change.get("replace_paths") or ()),
        "changed": _changed(*_without_refreshed(*_sides(change, clock), block)),
    }


def _sides(change: Mapping[str, Any], clock: Clock) -> tuple[Any, Any, Any]:
    """The new value without the time of the plan; the old value as it is."""
    return (
        clock.literal(change.get("before")),
        clock.timeless(change.get("after")),
        change.get("after_unknown"),
    )


def _without_refreshed(
    before: Any, after: Any, unknown: Any, block: Mapping[str, Any] | None
) -> tuple[Any, Any, Any]:
    """Drop the old values of what a provider will compute: a refresh changes them at any time."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return before, after, unknown
    kept = {
        k: v for k, v in before.items() if unknown_of(unknown, k) is not True or not is_computed((k,), block)
    }
    return kept, after, unknown


def is_computed(path: tuple[str | int, ...], block: Mapping[str, Any] | None) -> bool:
    """Whether only the provider sets this attribute, as far as the resource's block in the code shows.

    An attribute set by the code is not computed: its old value may be an emergency fix that this plan would
    undo. Neither is `id`, which identifies the object.
    """
    return (
        block is not None
        and bool(path)
        and path[0] != "id"
        and path[0] not in (block.get("expressions") or {})
    )


def _changed(before: Any, after: Any, unknown: Any) -> Any:
    """The parts that differ, exactly: a missing key is not null, and `{}` is not `[]`."""
    if unknown is True:
        return ["unknown", _present(before)]
    if same(before, after) and not holds_unknown(unknown):
        return None
    parts = _parts(before, after, unknown)
    if parts is None:
        return ["known", _present(before), _present(after), _unknown_paths(unknown)]
    changed = {key: _changed(*sides) for key, sides in parts.items()}
    return {key: part for key, part in changed.items() if part is not None}


def _present(value: Any) -> list[Any]:
    return [] if value is _ABSENT else [value]


def _parts(before: Any, after: Any, unknown: Any) -> dict[str, tuple[Any, Any, Any]] | None:
    if isinstance(before, dict) and isinstance(after, dict):
        keys = {*before, *after, *(unknown if isinstance(unknown, dict) else ())}
        return {
            f".{k}": (before.get(k, _ABSENT), after.get(k, _ABSENT), unknown_of(unknown, k)) for k in keys
        }
    if isinstance(before, list) and isinstance(after, list):
        return {
            f"[{i}]": (_at(before, i), _at(after, i), unknown_of(unknown, i))
            for i in range(max(len(before), len(after)))
        }
    return None


def _at(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else _ABSENT


def _unknown_paths(unknown: Any) -> Any:
    match unknown:
        case dict():
            return {key: paths for key, part in unknown.items() if (paths := _unknown_paths(part))} or None
        case list():
            parts = enumerate(map(_unknown_paths, unknown))
            return {str(i): paths for i, paths in parts if paths} or None
        case _:
            return True if unknown is True else None
