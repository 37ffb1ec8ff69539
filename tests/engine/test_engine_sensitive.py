"""Which texts of a run are values of sensitive variables."""

import json
from pathlib import Path
from typing import Any

import pytest
from engine_world import World

from runner.engine.modules import declared
from runner.engine.redaction import Redaction
from runner.engine.sensitive import Given, sensitive_values
from runner.model.changes.changes import MASK
from runner.model.stack.definition import StackDefinition

HIDDEN = 'variable "hidden" {\n  sensitive = true\n}\n'


def shown(
    folder: Path, files: dict[str, str], environment: dict[str, str] | None = None, **stack: Any
) -> set[str]:
    """The texts that would be masked."""
    world = World(folder, stack=StackDefinition(name="app", **stack))
    world.write(files)
    execution = world.execution(folder=world.tree)
    return sensitive_values(execution, (".tf", ".tf.json"), environment or {}).texts


def test_a_stacks_value_is_secret_only_if_the_variable_is_sensitive(tmp_path: Path) -> None:
    plain = 'variable "plain" {}\n'
    assert shown(tmp_path, {"main.tf": HIDDEN + plain}, vars={"hidden": "one", "plain": "two"}) == {"one"}


def test_a_default_is_one(tmp_path: Path) -> None:
    assert shown(tmp_path, {"v.tf": 'variable "v" {\n  default = "from code"\n  sensitive = true\n}\n'}) == {
        "from code"
    }


def test_ephemeral_is_as_secret(tmp_path: Path) -> None:
    assert shown(tmp_path, {"v.tf": 'variable "v" {\n  ephemeral = true\n}\n'}, vars={"v": "short"}) == {
        "short"
    }


def test_a_variable_that_says_it_is_not_sensitive_is_none(tmp_path: Path) -> None:
    text = 'variable "v" {\n  sensitive = false\n  default = "seen"\n}\n'
    assert shown(tmp_path, {"v.tf": text}) == set()


def test_a_block_that_is_hard_to_read_is_parsed(tmp_path: Path) -> None:
    text = 'variable "v" {\n  type = object({\n    a = string })\n  sensitive = true\n}\n'
    assert shown(tmp_path, {"v.tf": text}, vars={"v": {"a": "deep"}}) == {"deep"}


def test_all_that_var_files_set_is_found_at_any_depth(tmp_path: Path) -> None:
    files = {
        "main.tf": HIDDEN,
        "terraform.tfvars": 'hidden = "loaded by itself"\n',
        "a.auto.tfvars.json": json.dumps({"hidden": {"k": ["automatic"]}}),
        "named.tfvars": 'hidden = {\n  deep = ["named"]\n}\nother = "seen"\n',
        "unused.tfvars": 'hidden = "unused"\n',
    }
    assert shown(tmp_path, files, var_files=("named.tfvars",)) == {"loaded by itself", "automatic", "named"}


def test_a_var_file_is_read_whole_where_its_lines_mislead(tmp_path: Path) -> None:
    files = {
        "main.tf": HIDDEN,
        "terraform.tfvars": 'hidden = {\n  a = ["first"]\n  b = <<EOT\nx = 1\nsecond\nEOT\n}\n',
    }
    assert shown(tmp_path, files) == {"first", "x = 1\nsecond"}
    assert shown(tmp_path, {**files, "terraform.tfvars": '  hidden = ["third"]\n'}) == {"third"}


def test_the_environment_gives_texts_and_structures(tmp_path: Path) -> None:
    environment = {"TF_VAR_hidden": '["in a list"]', "TF_VAR_other": "seen"}
    assert "in a list" in shown(tmp_path, {"main.tf": HIDDEN}, environment)
    assert "seen" not in shown(tmp_path, {"main.tf": HIDDEN}, environment)


def test_json_declares_them_too(tmp_path: Path) -> None:
    document = {
        "variable": {"hidden": {"sensitive": True, "default": "in-json"}, "plain": {"default": "seen"}}
    }
    assert shown(tmp_path, {"main.tf.json": json.dumps(document)}) == {"in-json"}


def given(folder: Path, files: dict[str, str], **stack: Any) -> Given:
    world = World(folder, stack=StackDefinition(name="app", **stack))
    world.write(files)
    return sensitive_values(world.execution(folder=world.tree), (".tf", ".tf.json"), {})


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("bad.tf", 'variable "sensitive {', "main.tf"),
        ("x.tf.json", '{"variable": "sensitive"}', "main.tf"),
        ("x.tf.json", '{"variable": {"a"', "main.tf"),
        ("x.tf.json", "[" * 100_000, "main.tf"),
    ],
)
def test_with_unreadable_code_every_variable_counts_and_the_file_is_named(
    tmp_path: Path, name: str, text: str, shown: str
) -> None:
    plain = 'variable "plain" {}\n'
    found = given(tmp_path, {"main.tf": plain, name: text, "terraform.tfvars": 'plain = "one-value"\n'})
    assert "one-value" in found.texts
    (warning,) = found.warnings
    assert warning.severity == "warning"
    assert warning.file == name
    assert warning.summary.startswith(f"{name} could not be read reliably")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("terraform.tfvars", 'other = {{\nhidden = "seen-by-terraform"\n'),
        ("terraform.tfvars", 'hidden = "a"\nhidden = "seen-by-terraform"\n'),
        ("terraform.tfvars", 'hidden = "seen-by-terraform\n'),
        ("x.auto.tfvars.json", '{"hidden": "seen-by-terraform"'),
        ("x.auto.tfvars.json", '["seen-by-terraform"]'),
    ],
)
def test_where_a_var_file_cannot_be_read_every_text_in_it_counts(
    tmp_path: Path, name: str, text: str
) -> None:
    found = given(tmp_path, {"main.tf": HIDDEN, name: text})
    assert any(part.endswith("seen-by-terraform") for part in found.texts)
    assert list(found.unread) == [name]


@pytest.mark.parametrize(
    "declared",
    [
        "\ufeff" + HIDDEN,
        "variable hidden { sensitive = true }",
        'variable "hid\\u0064en" {\n  sensitive = !false\n}\n',
        'variable "hidden" {\n  sensitive = "false"\n}\n',
        'variable "hidden" {\r\n  sensitive /* why */ = (true)\r\n}\r\n',
        'variable "hidden" {\n  default = ""\n  ephemeral = 1 == 1 # so\n}\n',
    ],
)
def test_what_is_not_the_word_false_marks_a_variable(tmp_path: Path, declared: str) -> None:
    found = given(tmp_path, {"v.tf": declared}, vars={"hidden": "value-of-it"})
    assert "value-of-it" in found.texts
    assert not found.unread


@pytest.mark.parametrize(
    "document",
    [
        '{"variable": [{"plain": {}}, {"hidden": {"sensitive": true}}]}',
        '[{"variable": {"hidden": [{"sensitive": true}]}}]',
        '{"variable": {"hid\\u0064en": {"\\u0073ensitive": true}}}',
        '{"variable": {"hidden": {"sensitive": true}}, "variable": {}}',
        '{"variable": {"hidden": {"sensitive": "${!false}"}, "//": "a comment"}}',
        '{"variable": {"hidden": {"ephemeral": true, "ephemeral": false}}}',
    ],
)
def test_every_form_of_json_marks_a_variable(tmp_path: Path, document: str) -> None:
    assert "value-of-it" in given(tmp_path, {"v.tf.json": document}, vars={"hidden": "value-of-it"}).texts


def test_an_override_file_marks_a_variable_of_another_file(tmp_path: Path) -> None:
    files = {"main.tf": 'variable "v" {\n  default = "plain here"\n}\n', "main_override.tf": ""}
    files["main_override.tf"] = 'variable "v" {\n  sensitive = true\n}\n'
    assert "set-elsewhere" in given(tmp_path, files, vars={"v": "set-elsewhere"}).texts
    assert "plain here" in given(tmp_path, files).texts


@pytest.mark.parametrize(
    "value",
    [
        '"can${"ary"}-value"',
        '"can${~ ("ary") ~}-value"',
        '"%{ if true }canary-value%{ endif }"',
        'true ? "canary-value" : ""',
        '[for it in ["canary-value"] : it][0]',
        '((("canary-value")))',
        '{ k = "x", k = ["canary-value"] }',
        '{ "canary-value" = true }',
        "<<EOT\ncanary-value\nEOT\n",
        '<<-EOT\n    can${"ary"}-value\n  EOT\n',
        '"\\u0063anary-value"',
    ],
)
def test_a_value_counts_however_it_is_written(tmp_path: Path, value: str) -> None:
    in_file = given(tmp_path / "a", {"main.tf": HIDDEN, "terraform.tfvars": f"\ufeffhidden = {value}"})
    default = given(
        tmp_path / "b", {"main.tf": f'variable "hidden" {{\n  sensitive = true\n  default = {value}\n}}\n'}
    )
    for found in (in_file, default):
        assert "canary-value" in {text.strip() for text in found.texts}


def test_numbers_count_as_they_are_written_and_as_they_are_printed(tmp_path: Path) -> None:
    files = {
        "main.tf": HIDDEN,
        "a.auto.tfvars": "hidden = 12345678e2\n",
        "b.auto.tfvars.json": '{"hidden": 7654321.50}',
    }
    assert {"1234567800", "7654321.50", "7654321.5"} <= given(tmp_path, files).texts


@pytest.mark.parametrize("value", ["6e56352743", "1e999999", "1e-999999", f"1e{'9' * 50}"])
def test_what_only_reads_like_a_number_counts_as_it_stands_there(tmp_path: Path, value: str) -> None:
    """Such as part of a digest; nobody would print a million digits."""
    found = given(tmp_path, {"main.tf": HIDDEN, "terraform.tfvars": f'hidden = ["{value}", {value}]'}).texts
    assert value in found
    assert max(map(len, found)) < 1000


def test_what_is_handed_to_a_sensitive_variable_of_a_module_counts(tmp_path: Path) -> None:
    call = 'module "m" {\n  source = "./m"\n  hidden = "handed-down"\n  plain  = "seen"\n}\n'
    inner = 'variable "plain" {}\nvariable "hidden" {\n  sensitive = true\n  default = "of-the-module"\n}\n'
    found = given(tmp_path, {"main.tf": call, "m/v.tf": inner}).texts
    assert {"handed-down", "of-the-module"} <= found
    assert "seen" not in found


def test_what_the_code_calls_sensitive_itself_counts(tmp_path: Path) -> None:
    text = 'locals {\n  a = sensitive("called-so")\n  b = nonsensitive("seen")\n}\n'
    assert given(tmp_path, {"main.tf": text}).texts == {"called-so"}


def test_what_earlier_plans_called_sensitive_is_masked_too(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write({"main.tf": ""})
    execution = world.execution(secrets=frozenset({"generated-password"}))
    redaction = Redaction.over({}, sensitive_values(execution, (".tf",), {}).texts)
    assert redaction.text("the provider says: bad generated-password") == f"the provider says: bad {MASK}"


def test_every_value_of_a_file_too_large_to_parse_is_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declared, "_LARGEST", 200)
    files = {"main.tf": HIDDEN, "terraform.tfvars": 'other = "also masked"\n' + "# comment\n" * 20}
    assert shown(tmp_path, files) == {"also masked"}
