"""Five hundred stacks that want ten different versions of five engines."""

import time
from collections import Counter
from pathlib import Path

import pytest
from cli_world import World
from recorded.players import Players

from runner.engine.versions.inventory import Inventory
from runner.model.engine.choice import Allowed, Installed, choose
from runner.model.settings.server import EnginesSettings, TerraformSettings, TofuSettings
from runner.model.stack.engine_wants import EngineWants, Wish

HERE = (
    ("terraform", "1.5.7"),
    ("terraform", "1.11.4"),
    ("terraform", "1.15.9"),
    ("tofu", "1.8.11"),
    ("tofu", "1.12.6"),
)
# Each with the version that it gets: the default, 1.11.4 and 1.12.6, if that fits.
WISHES = {
    ("terraform", ">= 1.2"): "1.11.4",
    ("terraform", "~> 1.5.0"): "1.5.7",
    ("terraform", "1.15.9"): "1.15.9",
    ("terraform", "> 1.11.4, < 2"): "1.15.9",
    ("terraform", "!= 1.11.4"): "1.15.9",
    ("terraform", "~> 1.11"): "1.11.4",
    ("tofu", "1.8.11"): "1.8.11",
    ("tofu", ">= 1.8"): "1.12.6",
    ("tofu", "~> 1.12.0"): "1.12.6",
    ("tofu", "< 1.12"): "1.8.11",
}
STACKS = [wish for wish in WISHES for _ in range(50)]
MODULE = 'resource "terraform_data" "it" {}\n'


@pytest.fixture
def five(players: Players) -> Players:
    for engine, version in HERE:
        players(engine, version)
    return players


def defaults(five: Players) -> dict[str, str]:
    return {engine: f"{five.folder}/{engine}/{version}/{engine}" for engine, version in (HERE[1], HERE[4])}


def no_start(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("runner.engine.versions.asking.run", lambda *_: pytest.fail("an engine was started"))


def test_choosing_takes_less_than_a_millisecond_a_stack(
    tmp_path: Path, five: Players, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = defaults(five)
    inventory = Inventory(
        tmp_path / "inventory",
        EnginesSettings(
            terraform=TerraformSettings(named["terraform"], (five.every("terraform"),)),
            tofu=TofuSettings(named["tofu"], (five.every("tofu"),)),
        ),
        {},
    )
    for engine in named:
        assert all(one.version for one in inventory.look(engine))
    no_start(monkeypatch)
    begun = time.process_time()
    installed = {engine: inventory.look(engine) for engine in named}
    chosen = [
        choose(engine, EngineWants(Wish(text, "engine_version")), Allowed(), installed[engine])
        for engine, text in STACKS
    ]
    spent = time.process_time() - begun
    assert [one.version for one in chosen if isinstance(one, Installed)] == [WISHES[wish] for wish in STACKS]
    assert spent / len(STACKS) <= 0.001


def test_no_list_of_stacks_starts_an_engine(
    tmp_path: Path, five: Players, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines = ", ".join(
        f"{engine}: {{binary: {binary}, binaries: ['{five.every(engine)}']}}"
        for engine, binary in defaults(five).items()
    )
    world = World(tmp_path, f"engines: {{{engines}}}\n")
    for at, (engine, text) in enumerate(STACKS):
        folder = world.repository / f"s{at}"
        folder.mkdir()
        (folder / "main.tf").write_text(MODULE)
        stack = f"name: s{at}\nengine: {engine}\nengine_version: '{text}'\n"
        (folder / "stack.yaml").write_text(stack)
    world.commit({})
    world.run("source", "sync")
    no_start(monkeypatch)
    assert len(world.json("stack", "list")) == len(STACKS)
    counted = {(row["engine"], row["version"]): row["stacks"] for row in world.json("engine", "list")}
    assert counted == Counter((engine, WISHES[engine, text]) for engine, text in STACKS)
