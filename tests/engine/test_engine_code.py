"""What the code says and a plan's JSON leaves out is read from all modules; what is not clear counts as unknown."""

import json
from pathlib import Path

import pytest

from runner.engine.code import code_of
from runner.model.called_modules import CalledModule
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
    """The root, a local module m, and one that was fetched."""
    code = {
        f"./{name}" if "/" not in name else name: text.encode()
        for name, text in {"main.tf": MAIN, **files}.items()
    }
    far = tmp_path / "modules" / "far"
    far.mkdir(parents=True)
    (far / "main.tf").write_text("locals {\n  f = var.far\n}\n")
    modules = (
        CalledModule("m", "m", fetched=False),
        CalledModule("far", "modules/far", fetched=True),
    )
    return code_of(modules, code, tmp_path, SUFFIXES)


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
    code = read(tmp_path, **{"m/main.tf": "locals {\n  l = var.x\n}\n"})
    assert code.named()[(("m",), "local.l")] == ("var.x",)
    assert code.named()[(("far",), "local.f")] == ("var.far",)


def test_json_is_read_as_the_native_syntax_is(tmp_path: Path) -> None:
    code = read(tmp_path, **{"more.tf.json": json.dumps({"locals": {"j": "${data.x.y.j}"}})})
    assert code.named()[((), "local.j")] == ("data.x.y.j",)


def test_of_a_module_with_an_unclear_file_nothing_is_known(tmp_path: Path) -> None:
    code = read(tmp_path, **{"broken.tf": 'locals {\n  a = "\n}\n'})
    assert not code.knows(())
    assert code.named().keys() == {(("far",), "local.f")}


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
