"""A state from elsewhere that is to become a managed one: its own facts, and whether it fits."""

import json
from collections.abc import Mapping
from typing import Any

from runner.model.approval.binding import EngineFacts
from runner.model.approval.guardrails import SeenState, state_problem
from runner.model.changes.changes import ChangeSet
from runner.model.values.frozen import dataclass

VERSION = 4  # of the format, since terraform 0.12
LARGEST = 256 << 20
_LONGEST_LINEAGE = 256


class Unreadable(Exception):
    """why the content is not a state that a current engine can read"""


LARGEST_SERIAL = 2**62  # later serials are counted from it, in 64 bits


@dataclass(frozen=True)
class StateSummary:
    lineage: str
    serial: int
    resources: int  # managed instances
    engine_version: str = ""

    def __str__(self) -> str:
        counted = "1 resource" if self.resources == 1 else f"{self.resources} resources"
        return f"{counted}, serial {self.serial}, lineage {self.lineage}"


class _Twice(Exception):
    """A duplicate key, which parsers resolve differently"""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(repr(key[:40]))
        found[key] = value
    return found


def summary_of(content: bytes) -> StateSummary:
    """Unreadable if it is not a state, or not one that can be taken as it is."""
    try:
        document = json.loads(content, object_pairs_hook=_unique)
    except _Twice as twice:
        raise Unreadable(f"its key {twice} appears twice") from None
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON") from None
    if not isinstance(document, dict):
        raise Unreadable("it is not a JSON object")
    if len({key.casefold() for key in document}) < len(document):
        raise Unreadable("one of its keys appears twice in different case")
    if "encrypted_data" in document:
        raise Unreadable("it is encrypted by OpenTofu")
    if document.get("version") != VERSION:
        raise Unreadable(f"its format is version {document.get('version')!r}, not {VERSION}")
    lineage, serial = document.get("lineage"), document.get("serial")
    if not isinstance(lineage, str) or not 0 < len(lineage) <= _LONGEST_LINEAGE or not lineage.isprintable():
        raise Unreadable("it has no lineage")
    if not isinstance(serial, int) or isinstance(serial, bool) or not 0 <= serial <= LARGEST_SERIAL:
        raise Unreadable("its serial is missing or out of range")
    return StateSummary(lineage, serial, _instances(document), str(document.get("terraform_version", "")))


def _instances(document: Mapping[str, Any]) -> int:
    try:
        return sum(len(one["instances"]) for one in document["resources"] if one["mode"] == "managed")
    except (KeyError, TypeError):
        raise Unreadable("its resources are not in the format that an engine writes") from None


def objection(new: StateSummary, there: StateSummary | None, known: SeenState | None) -> str | None:
    """Why the new state may not replace the current one; `there` is the managed state, if its content differs."""
    if there is None or not there.resources:
        return state_problem(
            known, EngineFacts(lineage=new.lineage, serial=new.serial, resources=new.resources)
        )
    if there.lineage != new.lineage:
        return f"it has lineage {new.lineage}, but the managed state has a different one: {there}"
    if there.serial > new.serial:
        return f"it is older (serial {new.serial}) than the managed state: {there}"
    if there.serial == new.serial:
        return f"it differs from the managed state, but both have serial {new.serial}"
    return None


def nothing_in_common(new: StateSummary, changes: ChangeSet) -> bool:
    """Whether the code knows none of its resources, so that a plan would destroy all of them."""
    return 0 < new.resources <= changes.summary.delete
