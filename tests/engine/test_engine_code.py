"""What the code says and a plan's JSON leaves out is read from all modules; what is not clear counts as unknown."""

import json
from pathlib import Path

import pytest

from runner.engine.modules.code import code_of
from runner.model.code.called_modules import CalledModule
from runner.model.evaluated.code import Code, Part, mentioned, plain_reference

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
resource "test_thing" "d" {
  dynamic "login" {
    for_each = data.x.y.logins
    content {
      secret_wo = login.value
      dynamic "key" {
        for_each = var.keys
        content {
          key_wo = "${key.value}-${local.both}"
        }
      }
      rule {
        rule_wo = var.rule
      }
    }
  }
  static {
    dynamic "inner" {
      for_each = var.inner
      content {
        inner_wo = inner.value
      }
    }
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
def test_each_block_lists_its_references(tmp_path: Path, part: Part, address: str, reference: str) -> None:
    found = read(tmp_path).of((), part, address)
    assert reference in [one for snippet in found for one in snippet.references]


@pytest.mark.parametrize(
    ("path", "argument", "references"),
    [
        ("login", "secret_wo", {"login.value", "data.x.y.logins"}),
        ("login.key", "key_wo", {"key.value", "local.both", "data.x.y.logins", "var.keys"}),
        ("login.rule", "rule_wo", {"var.rule", "data.x.y.logins"}),
        ("static.inner", "inner_wo", {"inner.value", "var.inner"}),
    ],
)
def test_what_a_dynamic_block_sets_refers_to_what_it_is_repeated_over_too(
    tmp_path: Path, path: str, argument: str, references: set[str]
) -> None:
    found = read(tmp_path).of((), Part.DYNAMIC, "test_thing.d")
    (text,) = [dict(one.arguments)[argument] for one in found if one.name == path]
    assert set(mentioned(text)) == references


def test_a_dynamic_block_in_json_is_read_as_in_the_native_syntax(tmp_path: Path) -> None:
    dynamic = {"login": [{"for_each": "${var.all}", "content": {"secret_wo": "${login.value}"}}]}
    document = {"resource": {"test_thing": {"j": {"dynamic": dynamic, "size": [1, {"a": 2}]}}}}
    code = read(tmp_path, **{"more.tf.json": json.dumps(document)})
    (found,) = code.of((), Part.DYNAMIC, "test_thing.j")
    assert (found.name, set(found.references)) == ("login", {"login.value", "var.all"})


def test_a_local_that_is_overridden_may_refer_to_what_either_says(tmp_path: Path) -> None:
    override = "locals {\n  both = data.x.y.other\n}\n"
    named = read(tmp_path, **{"a_override.tf": override}).named()
    assert set(named[(), "local.both"]) == {"var.a", "data.x.y.z", "data.x.y.other"}


def test_ephemeral_variables_of_the_root_are_known(tmp_path: Path) -> None:
    native = 'variable "token" {\n  ephemeral = true\n}\nvariable "ephemeral" {}\n'
    json_ = json.dumps({"variable": {"other": {"ephemeral": True}, "plain": {"default": 1}}})
    code = read(tmp_path, **{"v.tf": native, "v.tf.json": json_, "m/v.tf": native.replace("token", "inner")})
    assert code.ephemeral() == {"token", "other"}


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
        ("data/* one */.x. /* two\n*/ y.z", "data.x.y.z"),
        ("(data # one\n.x.y // two\n.z)", "data.x.y.z"),
        ('"https://${data.x.y.z}/*${var.all}*/"', "data.x.y.z"),
        ('"https://${data.x.y.z}/*${var.all}*/"', "var.all"),
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
