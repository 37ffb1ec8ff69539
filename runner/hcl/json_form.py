"""The JSON form of a module's files, converted to the same blocks as HCL."""

import json
from collections.abc import Iterator
from typing import Any

from runner.hcl.blocks import Nested
from runner.hcl.tokens import NotHcl
from runner.hcl.values import Computed

Body = tuple[str, tuple[str, ...], dict[str, Any]]

_LABELS = {
    "terraform": 0, "language": 0, "module": 1, "provider": 1, "resource": 2, "data": 2, "ephemeral": 2, "action": 2, "check": 1,
    "removed": 0, "import": 0, "list": 2, "run": 1, "variable": 1,
}  # fmt: skip
_NESTED = {
    "terraform": {
        "backend": 1, "cloud": 0, "state_store": 1, "required_providers": 0, "provider_meta": 1, "encryption": 0,
    },
    "language": {"compatible_with": 0},
    "resource": {"provisioner": 1},
    "removed": {"provisioner": 1},
    "check": {"data": 2},
    "run": {"module": 0},
}  # fmt: skip
COMMENT = "//"


def json_bodies(content: bytes) -> list[Body]:
    """Kind, labels and body of every block; NotHcl if the file has another form."""
    try:
        document = document_of(content.decode("utf-8-sig"))
        # Half of a surrogate pair is no character, and cannot be stored.
        json.dumps(document, ensure_ascii=False).encode()
        return list(_bodies(document))
    except json.JSONDecodeError as error:
        raise NotHcl(f"line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise NotHcl(str(error)) from None


def document_of(text: str) -> Any:
    """As engines read it; ValueError, RecursionError."""
    return json.loads(text, object_pairs_hook=_once, parse_int=_whole)


def _whole(written: str) -> int | float:
    """Engines write -0 as such."""
    number = int(written)
    return number if number or not written.startswith("-") else -0.0


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Terraform uses each of several equal keys, where Python would only see the last."""
    names = [name for name, _ in pairs if name != COMMENT]
    if len(set(names)) != len(names):
        raise ValueError("a key appears twice")
    return dict(pairs)


def _bodies(document: Any) -> Iterator[Body]:
    for _, top in labelled(document, 0):
        for kind, count in _LABELS.items():
            for labels, body in labelled(top.get(kind), count):
                nested = {
                    name: Nested(labelled(body.get(name), depth))
                    for name, depth in _NESTED.get(kind, {}).items()
                    if name in body
                }
                yield kind, labels, {**body, **nested}


def labelled(raw: Any, count: int) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """JSON may write one as an object and several as a list, at every level."""
    for part in each(raw):
        if not isinstance(part, dict):
            raise NotHcl(f"expected an object, and not {json.dumps(part)[:40]}")
        if count == 0:
            yield (), part
            continue
        for label, below in part.items():
            if label != COMMENT:
                yield from (((label, *labels), body) for labels, body in labelled(below, count - 1))


def each(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else [] if raw is None else [raw]


def literal(value: Any) -> bool:
    """Whether the value is literal; a JSON string may contain a template, and mean `$${` as it stands or as `${`."""
    match value:
        case Computed():
            return False
        case str():
            return "${" not in value and "%{" not in value
        case list() | tuple():
            return all(map(literal, value))
        case dict():
            return all(map(literal, value.values()))
        case _:
            return True
