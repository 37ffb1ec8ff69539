"""A value of the cloud is data in code, whatever is in it: engines read that value there, and reviewers see it."""

import json
import os
import subprocess
from typing import Any

import pytest
import yaml
from accept_corpus import Case

from runner.hcl.literal import quoted
from runner.model.accept.patch import Edited, reveals
from runner.model.code.module import LARGEST
from runner.model.secret.copies import Secrets
from runner.model.values.text import safe_text

HOSTILE = (
    '${file("/etc/passwd")}',
    "$${x}",
    "$$${x}",
    "%{ for x in [1] }%{ endfor }",
    "%%{x}",
    '"\n}\nresource "null_resource" "x" {\n  a = "',
    'one\nEOT\n}\nresource "a" "b" {}\n',
    "  EOT\n",
    "back\\slash \\u0041 \\${x}",
    "*/ // # comment",
    "\u202e}\u2066 reversed \u2069",
    "line\u2028separator\u0085\n",
    "zero\u200bwidth\ufeff",
    "\x1b[31mred\x07\n",
    "\U000e0041tag",
    "größe 日本 😀\n",
    "carriage\r\nreturn\r",
    "'; DROP TABLE runs; --",
    "- list: {a: b}",
    "true",
)
FORMS = {
    "text": ("main.tf", 'resource "x" "web" {\n  v = "old"\n}\n'),
    "heredoc": ("main.tf", 'resource "x" "web" {\n  v = <<EOT\nold\nEOT\n}\n'),
    "indented heredoc": ("main.tf", 'resource "x" "web" {\n  v = <<-EOT\n    old\n  EOT\n}\n'),
    "list": ("main.tf", 'resource "x" "web" {\n  v = ["old"]\n}\n'),
    "map": ("main.tf", 'resource "x" "web" {\n  v = {\n    old = "old"\n  }\n}\n'),
    "json": ("main.tf.json", '{"resource": {"x": {"web": {"v": "old"}}}}\n'),
}  # fmt: skip


def held(form: str, text: str) -> Any:
    return {"list": [text], "map": {text: text}}.get(form, text)


def accept(files: dict[str, str], code: Any, cloud: Any, **more: Any) -> Any:
    drift = {"x.web": {"code": {"v": code}, "cloud": {"v": cloud}}}
    return Case("hostile", {"case": "hostile", "files": files, "drift": drift, **more}).accept()


def changed(form: str, value: str) -> bytes:
    name, text = FORMS[form]
    old = "old\n" if "heredoc" in form else held(form, "old")
    found = accept({name: text}, old, held(form, value))
    assert found.undecided == ()
    after: bytes = found.edited[name].after
    return after


@pytest.fixture(scope="module")
def read_back(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What terraform reads in each of the files, by form and number."""
    folder = tmp_path_factory.mktemp("read")
    for form in FORMS:
        for number, value in enumerate(HOSTILE):
            text = changed(form, value).decode()
            name = f"{form.replace(' ', '_')}_{number}"
            if form == "json":
                inside = json.loads(text)["resource"]["x"]["web"]["v"]
                (folder / f"{name}.tf.json").write_text(json.dumps({"output": {name: {"value": inside}}}))
            else:
                text = text.replace('resource "x" "web"', f'output "{name}"').replace("  v =", "  value =", 1)
                (folder / f"{name}.tf").write_bytes(text.encode())
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    subprocess.run(
        ["terraform", "apply", "-auto-approve", "-no-color"],
        cwd=folder,
        check=True,
        capture_output=True,
        env=environment,
    )
    told = subprocess.run(
        ["terraform", "output", "-json"], cwd=folder, check=True, capture_output=True, env=environment
    )
    return {name: one["value"] for name, one in json.loads(told.stdout).items()}


@pytest.mark.parametrize("form", FORMS)
def test_terraform_reads_the_value_that_was_there(form: str, read_back: dict[str, Any]) -> None:
    for number, value in enumerate(HOSTILE):
        assert read_back[f"{form.replace(' ', '_')}_{number}"] == held(form, value), value


@pytest.mark.parametrize("form", FORMS)
def test_nothing_that_hides_or_turns_the_writing_stands_in_code(form: str) -> None:
    for value in HOSTILE:
        after = changed(form, value).decode().replace("\t", " ")
        assert safe_text(after, newlines=True) == after


@pytest.mark.parametrize("written", ["old", '"old"', "'old'", "|\n    old\n"])
def test_a_variable_of_the_stack_file_has_the_value_that_was_there(written: str) -> None:
    old = "old\n" if written.startswith("|") else "old"
    for value in HOSTILE:
        files = {
            "main.tf": 'variable "v" {}\nresource "x" "web" {\n  v = var.v\n}\n',
            "stack.yaml": f"name: web\nvars:\n  v: {written}\n",
        }
        found = accept(files, old, value)
        assert found.undecided == ()
        after = found.edited["stack.yaml"].after.decode()
        assert yaml.safe_load(after) == {"name": "web", "vars": {"v": value}}
        assert safe_text(after, newlines=True) == after


def test_values_in_json_files_of_variables_are_read_as_they_were() -> None:
    for value in HOSTILE:
        files = {
            "main.tf": 'variable "v" {}\nresource "x" "web" {\n  v = var.v\n}\n',
            "terraform.tfvars.json": '{"v": "old"}\n',
        }
        after = accept(files, "old", value).edited["terraform.tfvars.json"].after.decode()
        assert json.loads(after) == {"v": value}
        assert safe_text(after, newlines=True) == after


def test_a_text_that_is_seen_as_it_is_keeps_its_characters() -> None:
    assert quoted("größe 日本 'x'") == "\"größe 日本 'x'\""


def test_a_value_that_would_make_a_file_too_large_to_read_is_left_to_a_person() -> None:
    found = accept({FORMS["text"][0]: FORMS["text"][1]}, "old", "x" * LARGEST)
    assert found.edited == {}
    assert found.undecided == (f"main.tf would have more than {LARGEST:,} bytes, and not be read any more",)


def test_a_document_that_is_nested_too_deep_is_taken_as_a_text() -> None:
    deep = "[" * 100_000
    after = accept({FORMS["text"][0]: FORMS["text"][1]}, "old", deep).edited["main.tf"].after
    assert deep.encode() in after


def edited(before: str, after: str) -> dict[str, Edited]:
    return {"main.tf": Edited("main.tf", before.encode(), after.encode())}


def test_a_secret_that_comes_into_code_by_any_way_is_seen() -> None:
    secrets = Secrets.of(["canary-of-the-cloud"])
    assert reveals(edited("a = 1\n", 'a = { token = "canary-of-the-cloud" }\n'), secrets)
    assert reveals(edited("a = 1\n", 'a = "Y2FuYXJ5LW9mLXRoZS1jbG91ZA=="\n'), secrets)
    assert not reveals(edited("a = 1\n", "a = 2\n"), secrets)


def test_a_secret_that_stands_in_code_already_may_stay_there() -> None:
    secrets = Secrets.of(["canary-of-the-code"])
    both = 'a = {0}\nb = "canary-of-the-code"\n'
    assert not reveals(edited(both.format(1), both.format(2)), secrets)


ELSEWHERE = {
    "git": "git::https://example.com/modules.git//web",
    "registry": "acme/web/aws",
    "another source": "../../other-repository/web",
    "a submodule or a link": "./web",  # Git has no folder of that name
}


@pytest.mark.parametrize("source", ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_code_that_is_not_in_this_repository_is_not_changed(source: str) -> None:
    files = {"main.tf": f'module "web" {{\n  source = "{source}"\n}}\n', "other.tf": ""}
    drift = {"module.web.x.web": {"code": {"v": "old"}, "cloud": {"v": "new"}}}
    found = Case("hostile", {"case": "elsewhere", "files": files, "drift": drift}).accept()
    assert found.edited == {}
    assert len(found.undecided) == 1
