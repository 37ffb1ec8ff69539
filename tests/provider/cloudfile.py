"""A Terraform provider whose cloud is one JSON file: drift tests without an account, a network or a wait."""

from __future__ import annotations

import fcntl
import os
import time
from _blake2 import blake2b

from provider.coded import UNKNOWN
from provider.json_text import parsed, written
from provider.plugin import Attribute, DataSource, List, Map, Number, Provider, Resource, Said, String

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    from provider.plugin import State

    Entry = dict[str, Any]
    Objects = AbstractContextManager[dict[str, Entry]]
else:
    Objects = object

STORED = ("value", "tags", "secret", "size", "list")
# Orders to this provider that a test leaves beside the data. They are no part of the object.
ORDERS = frozenset({"fail", "fail_apply", "delay", "warn"})


# ---- the cloud


def load(path: str | Path) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            cloud: dict[str, Any] = parsed(file.read())
    except FileNotFoundError:
        cloud = {}
    cloud.setdefault("objects", {})
    return cloud


class edit(Objects):  # noqa: N801 - called like a function
    """The objects by name, to be changed in place; saved when the block ends without an exception."""

    def __init__(self, path: str | Path) -> None:
        self._path = str(path)

    def __enter__(self) -> dict[str, Entry]:
        # A lock file of its own, because the rename gives the cloud a new inode. flock and not lockf: the threads
        # of one provider must exclude each other too.
        self._lock = os.open(f"{self._path}.lock", os.O_WRONLY | os.O_CREAT, 0o666)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._cloud = load(self._path)
        objects: dict[str, Entry] = self._cloud["objects"]
        return objects

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            with open(f"{self._path}.new", "w", encoding="utf-8") as fresh:
                fresh.write(written(self._cloud) + "\n")
            os.replace(f"{self._path}.new", self._path)
        os.close(self._lock)


def find(path: str, name: str) -> Entry:
    return load(path)["objects"].get(name) or {}


def exists(entry: Entry) -> bool:
    return bool(entry.keys() - ORDERS)


def etag(entry: Entry) -> str:
    """Covers unknown keys too: a hand-made `"owner": "x"` is drift that changes nothing in the plan."""
    content = {key: value for key, value in entry.items() if value is not None and key not in ORDERS}
    return blake2b(written(content).encode(), digest_size=8).hexdigest()


# ---- the provider


class Exact(Number):
    """0.1 comes as the string "0.1", because no float holds it, and must go back so or it differs for ever."""

    def encode(self, value: Any) -> Any:
        return repr(value) if isinstance(value, float) and not value.is_integer() else value

    def decode(self, value: Any) -> Any:
        return parsed(value) if isinstance(value, str) else value


class CloudObject(Resource):
    name = "object"
    attributes: tuple[Attribute, ...] = (
        Attribute("name", String(), required=True, replaces=True),
        Attribute("value", String(), optional=True),
        Attribute("tags", Map(String()), optional=True),
        Attribute("secret", String(), optional=True, sensitive=True),
        Attribute("size", Exact(), optional=True),
        Attribute("list", List(String()), optional=True),
        Attribute("delay", Exact(), optional=True),
        Attribute("id", String(), computed=True),
        Attribute("etag", String(), computed=True),
    )

    @property
    def path(self) -> str:
        path: str = self.provider.path
        return path

    def plan(self, changed: set[str], planned: State) -> State:
        if changed:
            planned["etag"] = UNKNOWN
        if "name" in changed:
            planned["id"] = UNKNOWN
        return planned

    def create(self, said: Said, planned: State) -> State | None:
        name = planned["name"]
        with edit(self.path) as objects:
            entry = objects.get(name) or {}
            if exists(entry):
                said.error(f"Object {name} already exists", f"It is in {self.path}.")
            if refuse(said, entry, "fail_apply") or said.failed:
                return None
            objects[name] = entry = entry | stored(planned)
        wait(planned, entry)
        return state(entry, planned)

    def read(self, said: Said, current: State) -> State | None:
        entry = find(self.path, current["name"])
        if refuse(said, entry, "fail"):
            return current
        return state(entry, current) if exists(entry) else None

    def update(self, said: Said, planned: State, current: State) -> State | None:
        name = planned["name"]
        with edit(self.path) as objects:
            entry = objects.get(name) or {}
            if not exists(entry):
                said.error(f"Object {name} does not exist", f"It is not in {self.path}.")
            if refuse(said, entry, "fail_apply") or said.failed:
                return current
            entry |= stored(planned)
        wait(planned, entry)
        return state(entry, planned)

    def delete(self, said: Said, current: State) -> State | None:
        with edit(self.path) as objects:
            if refuse(said, objects.get(current["name"]) or {}, "fail_apply"):
                return current
            objects.pop(current["name"], None)
        return None

    def take_over(self, said: Said, identifier: str) -> State | None:
        entry = find(self.path, identifier)
        return state(entry, {"name": identifier}) if exists(entry) else None


class CloudLookup(DataSource):
    name = "lookup"
    attributes: tuple[Attribute, ...] = (
        Attribute("name", String(), required=True),
        Attribute("value", String(), computed=True),
    )

    def read(self, said: Said, config: State) -> State | None:
        name, path = config["name"], self.provider.path
        entry = find(path, name)
        if refuse(said, entry, "fail"):
            return None
        if not exists(entry):
            said.error(f"Object {name} does not exist", f"It is not in {path}.")
            return None
        return {"name": name, "value": entry.get("value")}


class Cloudfile(Provider):
    prefix = "cloudfile_"
    attributes: tuple[Attribute, ...] = (
        Attribute("path", String(), required=True),
        Attribute("token", String(), optional=True, sensitive=True),
    )
    resources: tuple[type[Resource], ...] = (CloudObject,)
    data_sources: tuple[type[DataSource], ...] = (CloudLookup,)
    path = ""

    def configure(self, config: State) -> None:
        self.path = config["path"]


def stored(planned: State) -> Entry:
    return {key: planned[key] for key in STORED}


def state(entry: Entry, known: State) -> State:
    """`delay` is remembered by the state alone, so that a test's order in the file is not drift."""
    name = known["name"]
    attributes = {key: entry.get(key) for key in STORED}
    return {"name": name, "id": name, "etag": etag(entry), "delay": known.get("delay"), **attributes}


def refuse(said: Said, entry: Entry, order: str) -> bool:
    if message := entry.get(order):
        said.error(message, f'The object carries "{order}".')
    return bool(message)


def wait(planned: State, entry: Entry) -> None:
    """After the write, like an API that accepts and then takes its time: a kill leaves an object without a state."""
    time.sleep(max(planned.get("delay") or 0, entry.get("delay") or 0))


def main() -> None:
    from provider.serving import serve

    serve(Cloudfile())
