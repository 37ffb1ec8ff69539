"""What the plan of an adoption must be: it imports what was asked for, and does nothing that it did not do before."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from runner.model.changes.difference import differences, path_text

Document = Mapping[str, Any]
MOST_NAMED = 5


def not_imported(document: Document, addresses: Collection[str]) -> tuple[str, ...]:
    """Sentences about what the plan does not import as it is; none if it is as it should be."""
    found = {entry["address"]: entry["change"] for entry in document.get("resource_changes") or ()}
    return tuple(_sentences(found, addresses))


def besides(document: Document, addresses: Collection[str]) -> Document:
    """The plan without these resources."""
    changes = document.get("resource_changes") or ()
    return {**document, "resource_changes": [one for one in changes if one["address"] not in addresses]}


def _sentences(found: Mapping[str, Any], addresses: Collection[str]) -> Iterator[str]:
    for address in sorted(addresses):
        change = found.get(address)
        if change is None or not change.get("importing"):
            yield f"{address} would not be imported"
        elif change["actions"] != ["no-op"]:
            paths = [path_text(one.path) for one in differences(change)]
            which = f" ({', '.join(paths[:MOST_NAMED])})" if paths else ""
            yield f"{address} would be changed by the apply that imports it{which}"
