"""A Terraform provider whose cloud is one JSON file: drift tests without an account, a network or a wait."""

import fcntl
import hashlib
import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tf import iface, types
from tf.schema import Attribute, Schema
from tf.types import Unknown
from tf.utils import Diagnostics

NAME = "registry.terraform.io/driftline/cloudfile"
STORED = ("value", "tags", "secret", "size", "list")
# Orders to this provider that a test leaves beside the data. They are no part of the object.
ORDERS = frozenset({"fail", "fail_apply", "delay", "warn"})
# sun_path holds 108 bytes (104 on macOS) and `tf` adds "/tmpxxxxxxxx/py-tf-plugin.sock" to the folder.
LONGEST_TMPDIR = 70

Entry = dict[str, Any]
State = dict[str, Any]


# ---- the cloud


def load(path: Path) -> dict[str, Any]:
    try:
        cloud: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        cloud = {}
    cloud.setdefault("objects", {})
    return cloud


@contextmanager
def edit(path: Path) -> Iterator[dict[str, Entry]]:
    """The objects by name, to be changed in place; saved when the block ends without an exception."""
    # A lock file of its own, because the rename gives the cloud a new inode. flock and not lockf: the threads
    # of one provider must exclude each other too.
    with Path(f"{path}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cloud = load(path)
        yield cloud["objects"]
        fresh = Path(f"{path}.new")
        fresh.write_text(json.dumps(cloud, indent=2) + "\n")
        fresh.replace(path)


def find(path: str, name: str) -> Entry:
    return load(Path(path))["objects"].get(name) or {}


def exists(entry: Entry) -> bool:
    return bool(entry.keys() - ORDERS)


def etag(entry: Entry) -> str:
    """Covers unknown keys too: a hand-made `"owner": "x"` is drift that changes nothing in the plan."""
    content = {key: value for key, value in entry.items() if value is not None and key not in ORDERS}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


# ---- the provider (`tf` has no types: its classes are Any)


class Number(types.Number):  # type: ignore[misc]
    """0.1 comes as the string "0.1", because no float holds it, and must go back so or it differs for ever.

    The class is called Number because `tf` compares the encoded values only of types with that name.
    """

    def encode(self, value: Any) -> Any:
        return repr(value) if isinstance(value, float) and not value.is_integer() else value

    def decode(self, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value


class CloudObject(iface.Resource):  # type: ignore[misc]
    def __init__(self, provider: "Cloudfile") -> None:
        self.path = provider.path

    @classmethod
    def get_name(cls) -> str:
        return "object"

    @classmethod
    def get_schema(cls) -> Schema:
        # Without a version `tf` warns of a state upgrade at each refresh.
        return Schema(
            version=1,
            attributes=[
                Attribute("name", types.String(), required=True, requires_replace=True),
                Attribute("value", types.String(), optional=True),
                Attribute("tags", types.Map(types.String()), optional=True),
                Attribute("secret", types.String(), optional=True, sensitive=True),
                Attribute("size", Number(), optional=True),
                Attribute("list", types.List(types.String()), optional=True),
                Attribute("delay", Number(), optional=True),
                Attribute("id", types.String(), computed=True),
                Attribute("etag", types.String(), computed=True),
            ],
        )

    def plan(self, ctx: iface.PlanContext, current: State | None, planned: State) -> State:
        if ctx.changed_fields:
            planned["etag"] = Unknown
        if "name" in ctx.changed_fields:
            planned["id"] = Unknown
        return planned

    def create(self, ctx: iface.CreateContext, planned: State) -> State | None:
        name = planned["name"]
        with edit(Path(self.path)) as objects:
            entry = objects.get(name) or {}
            if exists(entry):
                ctx.diagnostics.add_error(f"Object {name} already exists", f"It is in {self.path}.")
            if refuse(ctx.diagnostics, entry, "fail_apply") or ctx.diagnostics.has_errors():
                return None
            objects[name] = entry = entry | stored(planned)
        wait(planned, entry)
        return state(entry, planned)

    def read(self, ctx: iface.ReadContext, current: State) -> State | None:
        entry = find(self.path, current["name"])
        if refuse(ctx.diagnostics, entry, "fail"):
            return current
        return state(entry, current) if exists(entry) else None

    def update(self, ctx: iface.UpdateContext, current: State, planned: State) -> State:
        name = planned["name"]
        with edit(Path(self.path)) as objects:
            entry = objects.get(name) or {}
            if not exists(entry):
                ctx.diagnostics.add_error(f"Object {name} does not exist", f"It is not in {self.path}.")
            if refuse(ctx.diagnostics, entry, "fail_apply") or ctx.diagnostics.has_errors():
                return current
            entry |= stored(planned)
        wait(planned, entry)
        return state(entry, planned)

    def delete(self, ctx: iface.DeleteContext, current: State) -> State | None:
        with edit(Path(self.path)) as objects:
            if refuse(ctx.diagnostics, objects.get(current["name"]) or {}, "fail_apply"):
                return current
            objects.pop(current["name"], None)
        return None

    def import_(self, ctx: iface.ImportContext, name: str) -> State | None:
        entry = find(self.path, name)
        return state(entry, {"name": name}) if exists(entry) else None


class CloudLookup(iface.DataSource):  # type: ignore[misc]
    def __init__(self, provider: "Cloudfile") -> None:
        self.path = provider.path

    @classmethod
    def get_name(cls) -> str:
        return "lookup"

    @classmethod
    def get_schema(cls) -> Schema:
        return Schema(
            version=1,
            attributes=[
                Attribute("name", types.String(), required=True),
                Attribute("value", types.String(), computed=True),
            ],
        )

    def read(self, ctx: iface.ReadDataContext, config: iface.Config) -> State | None:
        name = config["name"]
        entry = find(self.path, name)
        if refuse(ctx.diagnostics, entry, "fail"):
            return None
        if not exists(entry):
            ctx.diagnostics.add_error(f"Object {name} does not exist", f"It is not in {self.path}.")
            return None
        return {"name": name, "value": entry.get("value")}


class Cloudfile(iface.Provider):  # type: ignore[misc]
    path = ""

    def full_name(self) -> str:
        return NAME

    def get_model_prefix(self) -> str:
        return "cloudfile_"

    def get_provider_schema(self, diags: Diagnostics) -> Schema:
        return Schema(
            version=1,
            attributes=[
                Attribute("path", types.String(), required=True),
                Attribute("token", types.String(), optional=True, sensitive=True),
            ],
        )

    def validate_config(self, diags: Diagnostics, config: iface.Config) -> None:
        pass

    def configure_provider(self, diags: Diagnostics, config: iface.Config) -> None:
        self.path = config["path"]

    def get_resources(self) -> list[type[iface.Resource]]:
        return [CloudObject]

    def get_data_sources(self) -> list[type[iface.DataSource]]:
        return [CloudLookup]


def stored(planned: State) -> Entry:
    return {key: planned[key] for key in STORED}


def state(entry: Entry, known: State) -> State:
    """`delay` is remembered by the state alone, so that a test's order in the file is not drift."""
    name = known["name"]
    attributes = {key: entry.get(key) for key in STORED}
    return {"name": name, "id": name, "etag": etag(entry), "delay": known.get("delay"), **attributes}


def refuse(diags: Diagnostics, entry: Entry, order: str) -> bool:
    if message := entry.get(order):
        diags.add_error(message, f'The object carries "{order}".')
    return bool(message)


def wait(planned: State, entry: Entry) -> None:
    """After the write, like an API that accepts and then takes its time: a kill leaves an object without a state."""
    time.sleep(max(planned.get("delay") or 0, entry.get("delay") or 0))


# ---- the process


def follow_parent(parent: int) -> None:
    """A provider whose Terraform was killed ends by itself, as the ones written in Go do."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    from serving import serve  # type: ignore[import-not-found]  # beside this file in a mirror

    # Go providers ignore an interrupt that reaches the whole process group: Terraform tells them to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=follow_parent, args=(os.getppid(),), daemon=True).start()
    if len(tempfile.gettempdir()) > LONGEST_TMPDIR:
        tempfile.tempdir = "/var/tmp"  # not /tmp, in which most tests have the data that a run is kept from
    with suppress(KeyboardInterrupt):
        serve(Cloudfile())
    # Calls in flight are dropped when Terraform says stop; a normal exit would wait for their threads.
    os._exit(0)


if __name__ == "__main__":
    main()
