"""What changed between two versions of a state, and what is in one: as a plan's changes, with secrets masked.

A state marks what the code or its provider calls sensitive. Terraform before 1.9 left out the marks of providers, so
attributes whose name says that they are secret are masked too.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.errors import StateEncrypted
from runner.model.changes.changes import ChangeSet
from runner.model.changes.mask import Mark, join
from runner.model.plan.reading import parse_document, read_plan
from runner.model.secret.copies import NONE, Secrets

_SECRET = re.compile(
    r"passw|passphrase|secret|token|credential|private_?key|access_?key|auth_?key", re.IGNORECASE
)
_OPEN = re.compile(r"(_id|_ids|_arn|_name|_file|_path|_url|_uri|_type|_version|_enabled)$", re.IGNORECASE)
# What may be of any type, such as the input of a terraform_data, is written as {"value": ..., "type": ...}. Paths do not say so.
_WITH_ITS_TYPE = frozenset({"value", "type"})
Instances = Mapping[tuple[str, str], Mapping[str, Any]]  # by address and, of a deposed object, its key


def changes_between(before: bytes | None, after: bytes, hidden: Secrets = NONE) -> ChangeSet:
    """StateEncrypted for those of OpenTofu. Without `before`, everything in it is created.

    `hidden` are secrets that neither the code nor its providers mark.
    """
    old = {} if before is None else _read(before)
    new = _read(after)
    return read_plan(
        {
            "format_version": "1.2",
            "resource_changes": [
                {**one, "change": _without(one["change"], hidden)}
                for one in _resources(_instances(old), _instances(new))
            ],
            "output_changes": {
                name: _without(change, hidden)
                for name, change in _outputs(old.get("outputs") or {}, new.get("outputs") or {})
            },
        }
    )


def _without(change: Mapping[str, Any], hidden: Secrets) -> dict[str, Any]:
    """After it was compared: two secrets look the same."""
    if hidden is NONE:
        return dict(change)
    return {**change, **{side: hidden.scrub(change[side]) for side in ("before", "after")}}


def _read(content: bytes) -> dict[str, Any]:
    document = parse_document(content)
    if "encrypted_data" in document:
        raise StateEncrypted
    return document


def _instances(state: Mapping[str, Any]) -> Instances:
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for resource in state.get("resources") or ():
        for instance in resource.get("instances") or ():
            key = _address(resource, instance), instance.get("deposed") or ""
            found[key] = {
                "type": resource["type"],
                "mode": resource["mode"],
                "values": instance.get("attributes", instance.get("attributes_flat")),
                "sensitive": _raw(_marks(instance)),
            }
    return found


def _address(resource: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    module = f"{resource['module']}." if resource.get("module") else ""
    data = "data." if resource["mode"] == "data" else ""
    index = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
    return f"{module}{data}{resource['type']}.{resource['name']}{index}"


def _resources(old: Instances, new: Instances) -> Iterator[dict[str, Any]]:
    for key in sorted(old.keys() | new.keys()):
        address, deposed = key
        one, other = old.get(key), new.get(key)
        about = other or one
        assert about is not None
        yield {
            "address": address,
            "type": about["type"],
            "mode": "managed",  # data in a state is not read again: here it appears, changes or goes
            "deposed": deposed or None,
            "change": _change(
                one and one["values"],
                other and other["values"],
                one and one["sensitive"],
                other and other["sensitive"],
            ),
        }


def _outputs(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in sorted(old.keys() | new.keys()):
        one, other = old.get(name) or {}, new.get(name) or {}
        change = _change(one.get("value"), other.get("value"), one.get("sensitive"), other.get("sensitive"))
        if name not in new or name not in old:
            change["actions"] = ["delete"] if name in old else ["create"]
        yield name, change


def _change(before: Any, after: Any, old_marks: Any, new_marks: Any) -> dict[str, Any]:
    if before is None or after is None:
        actions = ["delete"] if after is None else ["create"]
    else:
        actions = ["no-op"] if (before, old_marks) == (after, new_marks) else ["update"]
    return {
        "actions": actions,
        "before": before,
        "after": after,
        "before_sensitive": old_marks or False,
        "after_sensitive": new_marks or False,
    }


def _marks(instance: Mapping[str, Any]) -> Mark:
    values = instance.get("attributes")
    marked = (_mark(path, values) for path in instance.get("sensitive_attributes") or ())
    return join([*marked, _by_name(values)])


def _mark(path: Sequence[Mapping[str, Any]], values: Any) -> Mark:
    if not path:
        return True
    step, rest = path[0].get("value"), path[1:]
    key = step.get("value") if isinstance(step, dict) else step
    if isinstance(values, dict) and values.keys() == _WITH_ITS_TYPE:
        # Perhaps an object that has these two attributes, so both are masked.
        inner: Mark = {"value": _mark(path, values["value"])}
        return join([inner, {key: _mark(rest, values.get(key))}]) if isinstance(key, str) else inner
    if isinstance(key, str):
        return {key: _mark(rest, values.get(key) if isinstance(values, dict) else None)}
    if isinstance(key, int):
        # All elements: of one of a set nothing says which it is.
        return (join(_mark(rest, one) for one in values) if values and isinstance(values, list) else True,)
    return True


def _by_name(values: Any) -> Mark:
    match values:
        case dict():
            found = {
                name: True if _names_secret(name) else _by_name(value)
                for name, value in values.items()
                if value not in (None, "", [], {})
            }
            return {name: mark for name, mark in found.items() if mark is not None} or None
        case list():
            inner = join(map(_by_name, values))
            return None if inner is None else (inner,)
        case _:
            return None


def _names_secret(name: str) -> bool:
    return _SECRET.search(name) is not None and _OPEN.search(name) is None


def _raw(mark: Mark) -> Any:
    """As a plan writes it."""
    match mark:
        case dict():
            return {name: _raw(inner) for name, inner in mark.items()}
        case tuple():
            return [_raw(mark[0])]
        case _:
            return mark is True
