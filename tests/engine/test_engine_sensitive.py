"""Which texts of a run are values of sensitive variables."""

import json
from pathlib import Path
from typing import Any

from engine_world import World

from runner.engine.sensitive import sensitive_values
from runner.engine.text import Veil
from runner.model.plan import MASK
from runner.model.stack import StackDefinition

HIDDEN = 'variable "hidden" {\n  sensitive = true\n}\n'


def told(
    folder: Path, files: dict[str, str], environment: dict[str, str] | None = None, **stack: Any
) -> set[str]:
    """The texts that would be masked."""
    world = World(folder, stack=StackDefinition(name="app", **stack))
    world.write(files)
    execution = world.execution(folder=world.tree)
    return set(Veil.over({}, sensitive_values(execution, (".tf", ".tf.json"), environment or {})).secrets)


def test_what_the_stack_sets_is_one_and_only_where_the_variable_is_sensitive(tmp_path: Path) -> None:
    plain = 'variable "plain" {}\n'
    assert told(tmp_path, {"main.tf": HIDDEN + plain}, vars={"hidden": "one", "plain": "two"}) == {"one"}


def test_a_default_is_one(tmp_path: Path) -> None:
    assert told(tmp_path, {"v.tf": 'variable "v" {\n  default = "from code"\n  sensitive = true\n}\n'}) == {
        "from code"
    }


def test_ephemeral_is_as_secret(tmp_path: Path) -> None:
    assert told(tmp_path, {"v.tf": 'variable "v" {\n  ephemeral = true\n}\n'}, vars={"v": "short"}) == {
        "short"
    }


def test_a_variable_that_says_it_is_not_sensitive_is_none(tmp_path: Path) -> None:
    text = 'variable "v" {\n  sensitive = false\n  default = "seen"\n}\n'
    assert told(tmp_path, {"v.tf": text}) == set()


def test_a_block_that_is_hard_to_read_is_parsed(tmp_path: Path) -> None:
    text = 'variable "v" {\n  type = object({\n    a = string })\n  sensitive = true\n}\n'
    assert told(tmp_path, {"v.tf": text}, vars={"v": {"a": "deep"}}) == {"deep"}


def test_all_that_var_files_set_is_found_at_any_depth(tmp_path: Path) -> None:
    files = {
        "main.tf": HIDDEN,
        "terraform.tfvars": 'hidden = "loaded by itself"\n',
        "a.auto.tfvars.json": json.dumps({"hidden": {"k": ["automatic"]}}),
        "named.tfvars": 'hidden = {\n  deep = ["named"]\n}\nother = "seen"\n',
        "unused.tfvars": 'hidden = "unused"\n',
    }
    assert told(tmp_path, files, var_files=("named.tfvars",)) == {"loaded by itself", "automatic", "named"}


def test_a_var_file_is_read_whole_where_its_lines_mislead(tmp_path: Path) -> None:
    files = {
        "main.tf": HIDDEN,
        "terraform.tfvars": 'hidden = {\n  a = ["first"]\n  b = <<EOT\nx = 1\nsecond\nEOT\n}\n',
    }
    assert told(tmp_path, files) == {"first", "x = 1\nsecond"}
    assert told(tmp_path, {**files, "terraform.tfvars": '  hidden = ["third"]\n'}) == {"third"}


def test_the_environment_gives_texts_and_structures(tmp_path: Path) -> None:
    environment = {"TF_VAR_hidden": '["in a list"]', "TF_VAR_other": "seen"}
    assert "in a list" in told(tmp_path, {"main.tf": HIDDEN}, environment)
    assert "seen" not in told(tmp_path, {"main.tf": HIDDEN}, environment)


def test_json_declares_them_too(tmp_path: Path) -> None:
    document = {"variable": {"hidden": {"sensitive": True, "default": "j"}, "plain": {"default": "seen"}}}
    assert told(tmp_path, {"main.tf.json": json.dumps(document)}) == {"j"}


def test_what_can_not_be_read_gives_nothing_and_harms_nothing(tmp_path: Path) -> None:
    files = {"main.tf": HIDDEN, "bad.tf": 'variable "sensitive {', "x.tf.json": '{"variable": "sensitive"}'}
    assert told(tmp_path, {**files, "bad.auto.tfvars": "hidden = {{"}, vars={"hidden": "one"}) == {"one"}


def test_what_earlier_plans_called_sensitive_is_masked_too(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write({"main.tf": ""})
    execution = world.execution(secrets=frozenset({"generated-password"}))
    veil = Veil.over({}, sensitive_values(execution, (".tf",), {}))
    assert veil.text("the provider says: bad generated-password") == f"the provider says: bad {MASK}"
