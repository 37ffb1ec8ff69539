"""What the code says and a plan's JSON leaves out is read from all modules; what is not clear counts as unknown."""

import json
from pathlib import Path

import pytest

from runner.engine.code import code_of
from runner.model.code import Code, Part, mentioned, plain_reference

SUFFIXES = (".tf", ".tf.json")

MAIN = """\
locals {
  both = "${var.a} ${data.x.y.z}"
}
provider "aws" {
  alias  = "us"
  region = var.region
  dynamic "assume_role" {
    for_each = data.far.roles.list
    content {
      role_arn = assume_role.value
    }
  }
}
resource "terraform_data" "a" {
  connection {
    host = local.both
  }
  provisioner "remote-exec" {
    inline = ["echo ${self.id}"]
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo bye"
  }
}
removed {
  from = module.old.terraform_data.gone
  provisioner "local-exec" {
    when    = destroy
    command = "echo gone"
  }
}
action "local_command" "say" {
  config {
    arguments = [var.word]
  }
}
ephemeral "vault_token" "t" {
  path = data.x.y.path
}
"""


def read(tmp_path: Path, **files: str) -> Code:
    module, data = tmp_path / "module", tmp_path / "data"
    for name, text in {"main.tf": MAIN, **files}.items():
        path = module / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (data / "modules").mkdir(parents=True)
    listed = [{"Key": "", "Source": "", "Dir": "."}, {"Key": "m", "Source": "./m", "Dir": "m"}]
    (data / "modules" / "modules.json").write_text(
        json.dumps({"Modules": listed if (module / "m").exists() else listed[:1]})
    )
    return code_of(module, data, SUFFIXES)


@pytest.mark.parametrize(
    ("part", "address", "reference"),
    [
        (Part.LOCAL, "local.both", "data.x.y.z"),
        (Part.PROVIDER, "aws.us", "data.far.roles.list"),
        (Part.CONNECTION, "terraform_data.a", "local.both"),
        (Part.PROVISIONER, "terraform_data.a", "self.id"),
        (Part.ACTION, "action.local_command.say", "var.word"),
        (Part.EPHEMERAL, "ephemeral.vault_token.t", "data.x.y.path"),
    ],
)
def test_each_block_tells_what_it_refers_to(tmp_path: Path, part: Part, address: str, reference: str) -> None:
    found = read(tmp_path).of((), part, address)
    assert reference in [one for snippet in found for one in snippet.references]


def test_a_provisioner_says_whether_it_runs_at_the_destruction(tmp_path: Path) -> None:
    found = read(tmp_path).of((), Part.PROVISIONER, "terraform_data.a")
    assert [(one.name, one.at_destroy) for one in found] == [("remote-exec", False), ("local-exec", True)]


def test_a_removed_block_belongs_to_the_module_that_it_names(tmp_path: Path) -> None:
    (found,) = read(tmp_path).of(("old",), Part.PROVISIONER, "terraform_data.gone")
    assert found.removed
    assert found.arguments == (("command", '"echo gone"'),)


def test_modules_are_read_too_each_under_its_own_name(tmp_path: Path) -> None:
    code = read(tmp_path, m__main_tf="", **{"m/main.tf": "locals {\n  l = var.x\n}\n"})
    assert code.named()[(("m",), "local.l")] == ("var.x",)


def test_json_is_read_as_the_native_syntax_is(tmp_path: Path) -> None:
    code = read(tmp_path, **{"more.tf.json": json.dumps({"locals": {"j": "${data.x.y.j}"}})})
    assert code.named()[((), "local.j")] == ("data.x.y.j",)


def test_of_a_module_with_an_unclear_file_nothing_is_known(tmp_path: Path) -> None:
    code = read(tmp_path, **{"broken.tf": 'locals {\n  a = "\n}\n'})
    assert not code.knows(())
    assert code.named() == {}


def test_without_a_clear_list_of_modules_nothing_is_known_at_all(tmp_path: Path) -> None:
    (tmp_path / "data" / "modules").mkdir(parents=True)
    (tmp_path / "data" / "modules" / "modules.json").write_text("{")
    assert not code_of(tmp_path, tmp_path / "data", SUFFIXES).knows(())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"a ${data.x.y["k"].z} b"', 'data.x.y["k"].z'),
        ("data.x.y[each.key].z", "each.key"),
        ("data.x.y[each.key].z", "data.x.y"),
        ("upper(var . name)", "var.name"),
        ("[for one in local.all : one.id]", "local.all"),
    ],
)
def test_everything_that_looks_like_a_reference_is_found(text: str, found: str) -> None:
    assert found in mentioned(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("data.x.y.z", True),
        ('"${data.x.y.z}"', True),
        ('"${data.x.y.z}-1"', False),
        ("upper(data.x.y.z)", False),
    ],
)
def test_only_code_that_is_nothing_but_a_reference_has_its_value(text: str, *, plain: bool) -> None:
    assert (plain_reference(text, ["data.x.y.z"]) is not None) is plain
