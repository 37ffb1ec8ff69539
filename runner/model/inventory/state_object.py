"""What the state of a stack has, as far as it can be recognised elsewhere: in the lists and the events of a cloud."""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.model.values.frozen import dataclass

# Objects of other providers are in no account of AWS. Their ids may be secrets, as in `random_password`.
_OF_AWS = "aws_"
# Beside `id` and `arn`: names that lists and events use, where a state's id is another one.
_NAMES = ("name", "bucket", "identifier", "function_name", "spot_instance_id", "allocation_id", "key_id")
# Parts that a resource has made, by its type: the block and the attribute of their ids, or the attribute alone.
_PARTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "aws_instance": (("root_block_device", "volume_id"), ("ebs_block_device", "volume_id")),
    "aws_spot_instance_request": (("root_block_device", "volume_id"), ("ebs_block_device", "volume_id")),
    "aws_vpc": (("", "default_route_table_id"),),
    # The one that was made with the VPC, which is no main one any more, and goes with it.
    "aws_main_route_table_association": (("", "original_route_table_id"),),
}
_LONGEST = 2048


@dataclass(frozen=True)
class StateObject:
    """A resource instance. `ids` are its id, its names, and the ids of its parts, each once."""

    address: str
    type: str
    arn: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class SeenObjects:
    """The objects in a state with this lineage and serial."""

    lineage: str
    serial: int
    objects: tuple[StateObject, ...]


@dataclass(frozen=True)
class KnownState:
    """Up to which state the objects of a stack are known."""

    lineage: str = ""
    serial: int | None = None


def seen_in(state: Mapping[str, Any]) -> SeenObjects:
    """Of a state in its fourth format; KeyError, TypeError or ValueError if it is none."""
    return SeenObjects(str(state["lineage"]), int(state["serial"]), tuple(_objects(state["resources"])))


def _objects(resources: list[dict[str, Any]]) -> Iterator[StateObject]:
    for one in resources:
        if one["mode"] != "managed" or not one["type"].startswith(_OF_AWS):
            continue
        at = f"{one['module']}." if one.get("module") else ""
        for instance in one["instances"]:
            address = f"{at}{one['type']}.{one['name']}{_index(instance.get('index_key'))}"
            values, hidden = instance.get("attributes") or {}, _hidden(instance)
            texts = {name: _text(values.get(name)) for name in ("id", "arn", *_NAMES) if name not in hidden}
            own = (text for name, text in texts.items() if name != "arn" and text)
            ids = dict.fromkeys((*own, *_parts(one["type"], values)))
            yield StateObject(address, one["type"], texts.get("arn", ""), tuple(ids))


def _parts(kind: str, values: Mapping[str, Any]) -> Iterator[str]:
    for block, name in _PARTS.get(kind, ()):
        for within in (values.get(block) or ()) if block else (values,):
            if text := _text(within.get(name)):
                yield text


def _index(key: object) -> str:
    match key:
        case None:
            return ""
        case int():
            return f"[{key}]"
    return f'["{key}"]'


def _hidden(instance: Mapping[str, Any]) -> frozenset[str]:
    """Attributes that are sensitive as a whole: a list of paths, each a list of steps."""
    paths = instance.get("sensitive_attributes") or ()
    return frozenset(str(path[0].get("value")) for path in paths if path)


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST else ""
