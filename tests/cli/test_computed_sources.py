"""A stack whose module source is a variable, from the commit to the run. Terraform 1.15 is played by a script."""

import json
from pathlib import Path

import pytest
from cli_world import World
from wrapped import program

CODE = 'variable "which" {\n  const = true\n}\nmodule "m" {\n  source = "./mods/${var.which}"\n}\n'
ROOT = {"Key": "", "Source": "", "Dir": "."}


def uses(world: World, module: str) -> None:
    """What `init` of the engine calls."""
    called = {"Key": "m", "Source": f"./mods/{module}", "Dir": f"mods/{module}"}
    (world.root / "opt/modules.json").write_text(json.dumps({"Modules": [ROOT, called]}))


@pytest.fixture
def world(tmp_path: Path) -> World:
    opt = tmp_path / "opt"
    says = json.dumps({"@message": "Terraform 1.15.9", "type": "version", "terraform": "1.15.9"})
    binary = program(
        opt / "terraform",
        f"""[ "$1" = version ] && {{ echo "Terraform v1.15.9"; exit; }}
case "$*" in *-var-file=*) ;; *) echo "No value for required variable" >&2; exit 1 ;; esac
echo '{says}'
case "$1" in
init) mkdir -p "$TF_DATA_DIR/modules"; cp {opt}/modules.json "$TF_DATA_DIR/modules/" ;;
plan) for word in "$@"; do case "$word" in -out=*) echo plan > "${{word#-out=}}" ;; esac; done ;;
esac""",
    )
    more = f"engines: {{terraform: {{binary: {binary}}}}}\n"
    made = World(tmp_path, more)
    made.config.write_text(made.config.read_text().replace("/signs", "/opt"))
    uses(made, "b")
    made.commit({"app/mods/a/main.tf": "# a", "app/mods/b/main.tf": "# b"})
    made.stack("app", "vars: {which: b}\n", CODE.replace("{", "{{").replace("}", "}}"))
    return made


def states(world: World) -> list[str]:
    return [run["state"] for run in world.json("run", "list")]


def test_a_commit_in_the_called_module_plans_the_stack_and_one_beside_it_does_not(world: World) -> None:
    world.run("daemon", "--once")
    assert states(world) == ["no_changes"]
    world.commit({"app/mods/b/main.tf": "# called"})
    world.run("daemon", "--once")
    assert states(world) == ["no_changes"] * 2
    world.commit({"app/mods/a/main.tf": "# not called"})
    world.run("daemon", "--once")
    assert states(world) == ["no_changes"] * 2


def test_an_engine_that_calls_another_module_than_the_judged_one_fails_the_run(world: World) -> None:
    uses(world, "a")
    world.run("daemon", "--once", expect=None)
    assert states(world) == ["plan_failed"]
    reason = world.json("run", "show", "run-1")["reason"]
    assert "comes from './mods/a', and the source that was judged is './mods/b'" in reason


def test_a_source_without_a_value_is_told_with_its_place(world: World) -> None:
    world.commit({"app/stack.yaml": "name: app\n"})
    told = world.run("source", "check", "infra", expect=None)
    assert "app/main.tf:5" in told.stdout + told.stderr
    assert (
        'the source of module "m" cannot be evaluated: "./mods/${var.which}" (var.which: it has no value'
        in told.stdout + told.stderr
    )
