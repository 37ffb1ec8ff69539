"""A row or a page as the JSON document that programs get, and back."""

from typing import Any, TypeVar

from runner.model.values.codec import from_plain, to_plain
from runner.view.when import rfc3339

T = TypeVar("T")


def document(look: Any) -> Any:
    """Objects, lists and texts; times in RFC 3339, in UTC."""
    return to_plain(look, moment=rfc3339)


def read_document(kind: type[T], plain: Any) -> T:
    """What `document` was given. Keys that this version does not know are passed over."""
    return from_plain(kind, plain)
