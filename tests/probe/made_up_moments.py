"""What may happen to an applied configuration between two checks, in any order: each is undone before the next moment."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from made_up import BEACON
from made_up_world import MadeUpWorld
from provider.cloudfile import edit

# Which of the objects, instances or files it happens to.
Which = int


def of_cloud(change: Callable[[dict[str, Any]], object]) -> "Happening":
    def happen(world: MadeUpWorld, which: Which) -> None:
        with edit(world.stage.cloud) as objects:
            change(objects[sorted(objects)[which % len(objects)]])

    return happen


def delete_an_object(world: MadeUpWorld, which: Which) -> None:
    with edit(world.stage.cloud) as objects:
        del objects[sorted(objects)[which % len(objects)]]


def add_an_object(world: MadeUpWorld, which: Which) -> None:
    """What a data source looks for in vain, or what nobody asks for."""
    with edit(world.stage.cloud) as objects:
        objects["nowhere" if which % 2 else "unasked"] = {"value": "lit"}


def swap_two_objects(world: MadeUpWorld, which: Which) -> None:
    with edit(world.stage.cloud) as objects:
        names = sorted(objects)
        one, other = names[which % len(names)], names[(which + 1) % len(names)]
        objects[one], objects[other] = objects[other], objects[one]


def of_state(change: Callable[[dict[str, Any], Which], object]) -> "Happening":
    def happen(world: MadeUpWorld, which: Which) -> None:
        state = json.loads(world.state.read_text())
        change(state, which)
        world.state.write_text(json.dumps(state))

    return happen


def instances(state: dict[str, Any]) -> list[tuple[list[Any], dict[str, Any]]]:
    """With the lists that they are in."""
    return [
        (resource["instances"], instance)
        for resource in state["resources"]
        if resource["mode"] == "managed"
        for instance in resource["instances"]
    ]


def taint(state: dict[str, Any], which: Which) -> None:
    if found := instances(state):
        found[which % len(found)][1]["status"] = "tainted"


def lose_an_instance(state: dict[str, Any], which: Which) -> None:
    if found := instances(state):
        siblings, instance = found[which % len(found)]
        siblings.remove(instance)


def misremember(state: dict[str, Any], which: Which) -> None:
    if found := instances(state):
        found[which % len(found)][1]["attributes"]["value"] = "misremembered"


def lose_the_outputs(state: dict[str, Any], _which: Which) -> None:
    state["outputs"] = {}


def say_nothing_new(state: dict[str, Any], _which: Which) -> None:
    state["serial"] += 1


def of_code(change: Callable[[str], str]) -> "Happening":
    def happen(world: MadeUpWorld, which: Which) -> None:
        files = sorted(world.code.rglob("*.tf"))
        file = files[which % len(files)]
        file.write_text(change(file.read_text()))

    return happen


def of_environment(name: str, value: str) -> "Happening":
    def happen(world: MadeUpWorld, _which: Which) -> None:
        world.stage.variables = {**world.stage.variables, name: value}

    return happen


def nothing(_world: MadeUpWorld, _which: Which) -> None:
    pass


Happening = Callable[[MadeUpWorld, Which], None]
HAPPENINGS: Mapping[str, Happening] = {
    "nothing": nothing,
    "cloud: a value": of_cloud(lambda entry: entry.update(value="by hand")),
    "cloud: no value": of_cloud(lambda entry: entry.update(value=None)),
    "cloud: a tag": of_cloud(lambda entry: entry.update(tags={**(entry.get("tags") or {}), "by": "hand"})),
    "cloud: no list": of_cloud(lambda entry: entry.update(list=None)),
    "cloud: an empty list": of_cloud(lambda entry: entry.update(list=[])),
    "cloud: a list backwards": of_cloud(lambda entry: entry.update(list=(entry.get("list") or [])[::-1])),
    "cloud: a longer list": of_cloud(lambda entry: entry.update(list=[*(entry.get("list") or []), "one"])),
    "cloud: a warning": of_cloud(lambda entry: entry.update(warn="It is old")),
    "cloud: a size": of_cloud(lambda entry: entry.update(size=0.3)),
    "cloud: a secret": of_cloud(lambda entry: entry.update(secret="by hand")),
    "cloud: the etag alone": of_cloud(lambda entry: entry.update(owner="ana")),
    "cloud: what is no part of it": of_cloud(lambda entry: entry.update(delay=0)),
    "cloud: it cannot be read": of_cloud(lambda entry: entry.update(fail="no access")),
    "cloud: one less": delete_an_object,
    "cloud: one more": add_an_object,
    "cloud: two swapped": swap_two_objects,
    "cloud: the beacon": lambda world, _: of_cloud(lambda entry: entry.update(value="out"))(
        world, beacon(world)
    ),
    "state: tainted": of_state(taint),
    "state: one less": of_state(lose_an_instance),
    "state: an attribute": of_state(misremember),
    "state: no outputs": of_state(lose_the_outputs),
    "state: a serial": of_state(say_nothing_new),
    "code: a comment": of_code(lambda text: f"{text}\n# a word\n"),
    "code: an output": of_code(lambda text: f'{text}\noutput "another" {{ value = 1 }}\n'),
    "code: a token": of_code(lambda text: text.replace("var.token", '"another"')),
    "code: a value": of_code(lambda text: text.replace('"one"', '"two"')),
    "code: no rules": of_code(lambda text: text.replace("ignore_changes = [value]", "")),
    "variable: the token": of_environment("TF_VAR_token", "other"),
    "variable: what is passed": of_environment("TF_VAR_passing", "other"),
    "variable: undeclared": of_environment("TF_VAR_nobody", "other"),
    "environment": of_environment("UNHEARD_OF", "other"),
}


def beacon(world: MadeUpWorld) -> Which:
    return sorted(json.loads(world.stage.cloud.read_text())["objects"]).index(BEACON)


@dataclass(frozen=True)
class Moment:
    """One or two things that happened, each to one of what there is."""

    happened: tuple[tuple[str, Which], ...]

    @contextmanager
    def of(self, world: MadeUpWorld) -> Iterator[None]:
        before = {path: path.read_bytes() for path in (world.state, world.stage.cloud)}
        variables = world.stage.variables
        kept = world.stage.root / "code-before"
        shutil.copytree(world.code, kept)
        try:
            for name, which in self.happened:
                HAPPENINGS[name](world, which)
            yield
        finally:
            for path, content in before.items():
                path.write_bytes(content)
            world.stage.variables = variables
            shutil.rmtree(world.code)
            kept.rename(world.code)


MOMENTS = st.lists(
    st.lists(st.tuples(st.sampled_from(sorted(HAPPENINGS)), st.integers(0, 7)), min_size=1, max_size=2)
    .map(tuple)
    .map(Moment),
    min_size=4,
    max_size=4,
)
