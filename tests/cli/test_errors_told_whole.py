"""terraform's errors are told whole: the line of code with a mark, where it is, and what was referred to; never a secret."""

from pathlib import Path

import pytest
from cli_world import World

CODE = """\
variable "size" {{ default = "small" }}
variable "hidden" {{
  default   = "hush-hush-in-code"
  sensitive = true
}}
variable "db_password" {{ default = "hunter2-unmarked" }}
locals {{ sizes = {{ large = 3 }} }}
resource "terraform_data" "it" {{
  input = local.sizes[var.size]
}}
"""
HIDDEN = CODE + 'resource "terraform_data" "no" {{ input = local.sizes[var.hidden] }}\n'
UNMARKED = CODE + 'resource "terraform_data" "no" {{ input = local.sizes[var.db_password] }}\n'


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def everything(world: World) -> str:
    """Whatever a person or a program is told of the failed plan."""
    planned = world.run("plan", "app", "-o", "json", expect=1)
    looks = [world.run(*words).output for words in (("run", "show", "1"), ("logs", "1"))]
    return "\n".join([planned.output, *looks, world.run("run", "show", "1", "-o", "json").stdout])


def test_an_error_shows_its_line_its_mark_its_block_and_its_values(world: World) -> None:
    world.stack("app", module=CODE)
    said = world.run("plan", "app", expect=1).stderr
    assert (
        "Error: Invalid index\n"
        '  on main.tf line 9, in resource "terraform_data" "it":\n'
        "     9:   input = local.sizes[var.size]\n"
        "                             ^^^^^^^^^^\n"
        '        local.sizes is object with 1 attribute "large"\n'
        '        var.size is "small"\n'
        "  The given key does not identify an element"
    ) in said


def test_programs_get_the_same_parts(world: World) -> None:
    world.stack("app", module=CODE)
    ((told,),) = (run["diagnostics"] for run in world.json("plan", "app", expect=1))
    assert told["snippet"] == {
        "code": "  input = local.sizes[var.size]",
        "line": 9,
        "start": 21,
        "end": 31,
        "context": 'resource "terraform_data" "it"',
        "values": ['local.sizes is object with 1 attribute "large"', 'var.size is "small"'],
    }


def test_the_log_shows_the_same(world: World) -> None:
    world.stack("app", module=CODE)
    world.run("plan", "app", expect=1)
    log = world.run("logs", "1").stdout
    assert "^^^^^^^^^^" in log
    assert 'var.size is "small"' in log


@pytest.mark.parametrize(
    ("module", "secret"), [(HIDDEN, "hush-hush-in-code"), (UNMARKED, "hunter2-unmarked")]
)
def test_a_secret_value_is_told_nowhere(world: World, module: str, secret: str) -> None:
    world.stack("app", module=module)
    said = everything(world)
    assert "var.size is" in said
    assert secret not in said


@pytest.mark.parametrize("broken", ['"', "{", "= ="])
def test_a_broken_line_of_a_var_file_does_not_show_the_secret_in_it(world: World, broken: str) -> None:
    world.stack("app", "var_files: [secrets.tfvars]\n", module=CODE)
    world.commit({"app/secrets.tfvars": f'size = "large"\nhidden = "hush-hush-by-file" {broken}\n'})
    assert "hush-hush-by-file" not in everything(world)
    (database,) = (world.root / "data").glob("*.db")
    assert b"hush-hush-by-file" not in database.read_bytes()


def test_code_steers_no_terminal(world: World) -> None:
    module = CODE.replace('default = "small"', 'default = "sm\x1b[2Jall\u202e"')
    world.stack("app", module=module)
    said = everything(world)
    assert "\x1b" not in said
    assert "\u202e" not in said
