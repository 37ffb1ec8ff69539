"""A check may be repeated without terraform only where the code says nothing that may have another value next time."""

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from engine_world import TERRAFORM, needs_terraform
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.engine.modules.code_files import Code, read
from runner.engine.modules.expression_scan import SECONDS
from runner.engine.modules.functions import IMPURE, PURE
from runner.engine.modules.replayable import LARGEST_CODE, outside_induction
from runner.hcl.expressions import READERS
from runner.model.code.called_modules import CalledModule, local_folders

HCL, OPENTOFU = (".tf", ".tf.json"), (".tf", ".tf.json", ".tofu", ".tofu.json")
NET = CalledModule("net", "../modules/net", fetched=False)
VPC = CalledModule("vpc", "modules/vpc/sub", fetched=True)


def judged(
    folder: Path,
    files: Mapping[str, str | bytes],
    modules: Sequence[CalledModule] = (),
    suffixes: tuple[str, ...] = HCL,
) -> str:
    """Of the root module in `live`, below a tree with these files; those below `data` are of fetched modules."""
    for name, content in files.items():
        path = folder / ("data" if name.startswith("modules/vpc/") else "tree") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    code = Code(folder / "tree" / "live", folder / "tree", suffixes)
    return outside_induction(modules, read(code, local_folders(modules)), folder / "data", code)


def native(expression: str) -> str:
    return f'resource "test_thing" "a" {{\n  name = {expression}\n}}\n'


def in_json(expression: str) -> str:
    return json.dumps({"resource": {"test_thing": {"a": {"name": f"${{{expression}}}"}}}}, indent=2)


INNOCENT = r"""
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.0" }
  }
  backend "s3" {
    bucket = "states"
  }
}
provider "aws" {
  region = var.region # uuid of the region
  default_tags { tags = { path = "x", terraform = "true", workspace = terraform.workspace } }
}
variable "region" {
  type    = object({ a = optional(list(string), []), b = map(any) })
  default = "arn:aws:iam::123456789012:role/x"
  validation {
    condition     = can(regex("^[a-z]+$", var.region)) && length(var.region) > (1 + 2)
    error_message = "No."
  }
}
locals {
  files  = fileset("${path.module}/files", "**/*.json")
  loaded = { for f in local.files : f => jsondecode(file("${path.module}/files/${f}")) if (f != "") }
  timestamp = var.region == "a" ? core::upper("a") : lower("b")
  nested = {
    uuid = local.timestamp
    (local.timestamp) = 1
  }
}
module "net" {
  source = "../modules/net"
  path   = path.root
}
resource "aws_thing" "a" {
  for_each = toset(["a", "b"])
  user_data = templatefile("${path.module}/user.tftpl", { name = each.key })
  name = "x-${each.key}-%{ if true }y%{ else }z%{ endif }"
  hash = filemd5("${path.module}/files/a.json")
  each = file("files/${each.key}.json")
  policy = <<-EOT
    the ${upper("time")} { of day } and timestamp
  EOT
  lifecycle {
    ignore_changes = [tags["timestamp"], path]
    precondition {
      condition     = self.path.timestamp != "" && fileexists("${path.module}/none")
      error_message = "No."
    }
  }
}
resource "aws_thing" "b" {
  dynamic "rule" {
    for_each = [for i, x in (var.region) : x]
    content { path = rule.value }
  }
}
data "aws_caller_identity" "me" {}
data "external" "e" { program = ["python3", "${path.module}/x.py"] }
output "a" {
  value     = try(one(aws_thing.a[*].id), null)
  sensitive = true
}
check "up" {
  assert {
    condition     = aws_thing.a["a"].id != ""
    error_message = "No."
  }
}
moved {
  from = aws_thing.b
  to   = aws_thing.a
}
removed {
  from = aws_thing.c
  lifecycle { destroy = false }
}
import {
  to = aws_thing.a["a"]
  id = "a"
}
"""  # fmt: skip
AROUND: dict[str, str | bytes] = {
    "live/user.tftpl": "#!/bin/sh\n%{ for x in [1] ~}\necho ${upper(name)} $(date) $${timestamp}\n%{ endfor ~}\n",
    "live/files/a.json": '"timestamp() and uuid() are no code here"',
    "modules/net/main.tf": 'variable "path" {}\nlocals {\n  x = file("${path.module}/x")\n}\n',
    "modules/vpc/sub/main.tf": 'locals {\n  x = file("${path.module}/../x")\n  y = file("${path.root}/user.tftpl")\n}\n',
}
CALLED = (CalledModule("", ".", fetched=False), NET, VPC)


def test_ordinary_code_may_be_repeated(tmp_path: Path) -> None:
    assert judged(tmp_path, {"live/main.tf": INNOCENT, **AROUND}, CALLED) == ""


def test_ordinary_code_in_json_may_be_repeated(tmp_path: Path) -> None:
    code = {
        "//": "a comment",
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "locals": {"f": '${fileset(path.module, "*.json")}', "path": "${path.module}"},
        "output": {"a": {"value": '${jsondecode(file("${path.module}/x"))}'}},
        "resource": {"a_b": {"c": [{"name": '${upper("x")} \\${y} $${timestamp}', "tags": {"uuid": "1"}}]}},
    }
    assert judged(tmp_path, {"live/main.tf.json": json.dumps(code)}) == ""


# Each with a part of its reason.
EXPRESSIONS = {
    "the time": ("plantimestamp()", "uses plantimestamp() in live/"),
    "the time of the apply": ("timestamp()", "uses timestamp() in live/"),
    "chance": ("uuid()", "uses uuid() in live/"),
    "a random salt": ('bcrypt("x")', "uses bcrypt() in live/"),
    "in another call": ('formatdate("YYYY", timeadd(plantimestamp(), "1h"))', "plantimestamp()"),
    "by its long name": ("core::timestamp()", "timestamp()"),
    "with blanks": ("core :: timestamp \t()", "timestamp()"),
    "with a comment": ("timestamp /* x */ ()", "timestamp()"),
    "in a text": ('"a ${timestamp()} b"', "timestamp()"),
    "in a text in a text": ('"a ${upper("${uuid()}")}"', "uuid()"),
    "in a directive": ('"%{ if timestamp() == "" }a%{ endif }"', "timestamp()"),
    "behind an escaped template": ('"$${x} $$${timestamp()}"', "timestamp()"),
    "in a list": ("[for x in [1] : timestamp()]", "timestamp()"),
    "as a key": ("{ (timestamp()) = 1 }", "timestamp()"),
    "an unknown function": ("epoch()", "calls epoch(), whose answer may change, in live/"),
    "an unknown function in a text": ('"${"${epoch (1)}"}"', "epoch()"),
    "a function of a provider": ("provider::time::rfc3339_parse(var.x)", "a function of a provider in live/"),
    "a function of a provider with blanks": ("provider /**/ :: time :: parse(1)", "a function of a provider"),
    "an unknown namespace": ("other::upper(1)", "a function of a provider"),
    "code made while planning": ("templatestring(local.x, {})", "templatestring()"),
    "the working directory": ("path.cwd", "uses path.cwd in live/"),
    "the working directory with blanks": ("path . cwd", "uses path.cwd"),
    "the working directory in a text": ('"${path.cwd}/x"', "uses path.cwd"),
    "an absolute path": ('abspath("x")', "abspath()"),
    "the home directory": ('pathexpand("~/x")', "pathexpand()"),
    "an element of path": ('path["cwd"]', "uses path"),
    "the phase": ("terraform.applying", "uses terraform.applying"),
    "OpenTofu's name for it": ("tofu.applying", "uses tofu.applying"),
    "a value that is never stored": ("ephemeral.a_b.c.d", "has ephemeral values"),
    "another configuration's state": ("data.terraform_remote_state.x.outputs", "state of another configuration"),
    "a file elsewhere": ('file("/etc/hostname")', 'outside of the repository, file("/etc/hostname"), in live/'),
    "a file above the tree": ('file("../../x")', "outside of the repository"),
    "a file at home": ('file("~/x")', "outside of the repository"),
    "a file above, by its module": ('file("${path.module}/../../x")', "outside of the repository"),
    "a computed file": ("file(data.a_b.c.d)", "whose path is only known while planning"),
    "a file by a variable": ('file("${path.module}/${var.x}")', "whose path is only known while planning"),
    "a file by the workspace": ('file("${terraform.workspace}/x")', "whose path is only known while planning"),
    "a file by a made path": ('file("${path.module}/${join("", [".", "."])}/../x")', "outside of the repository"),
    "a file by a shortened path": ('file("${path.module}/${trimspace(" ..")}/x")', "only known while planning"),
    "a file by a climbing loop": ('[for x in ["../../x"] : file("${path.module}/${x}")]', "only known"),
    "a template by a loop": ('[for x in ["a"] : templatefile("${path.module}/${x}", {})]', "only known"),
    "files elsewhere": ('fileset("/etc", "*")', "outside of the repository"),
    "files by a pattern that climbs": ('fileset(path.module, "../../*")', "an unclear pattern"),
    "files by an escaped pattern": ('fileset(path.module, "\\\\.\\\\./*")', "an unclear pattern"),
    "files by a computed pattern": ("fileset(path.module, data.a.b.c)", "only known while planning"),
    "whether there is a file": ('fileexists("/x")', "outside of the repository"),
    "an encoded file": ('filebase64("/x")', "outside of the repository"),
    **{f"a digest, {name}": (f'{name}("/x")', "outside of the repository") for name in sorted(READERS) if "sha" in name},
    "a template elsewhere": ('templatefile("/x", {})', "outside of the repository"),
    "a call without an argument": ("file()", "only known while planning"),
}  # fmt: skip


@pytest.mark.parametrize(("expression", "reason"), EXPRESSIONS.values(), ids=EXPRESSIONS)
@pytest.mark.parametrize("form", ["native", "JSON"])
def test_an_expression_that_may_have_another_value_is_refused(
    tmp_path: Path, form: str, expression: str, reason: str
) -> None:
    name, code = (
        ("live/main.tf", native(expression))
        if form == "native"
        else ("live/main.tf.json", in_json(expression))
    )
    assert reason in judged(tmp_path, {name: code})


BLOCKS = {
    "another configuration's state": (
        'data "terraform_remote_state" "x" {\n}',
        "state of another configuration",
    ),
    "its name in escapes": ('data "terraform\\u005fremote_state" "x" {\n}', "state of another configuration"),
    "its name without quotes": ("data terraform_remote_state x {\n}", "state of another configuration"),
    "an ephemeral resource": ('ephemeral "a_b" "c" {\n}', "has a block ephemeral in live/main.tf:3"),
    "an ephemeral variable": ('variable "x" {\n  ephemeral = true\n}', "has ephemeral values"),
    "an action": ('action "a_b" "c" {\n}', "has a block action"),
    "a trigger of actions": (
        'resource "a_b" "c" {\n  lifecycle {\n    action_trigger {\n    }\n  }\n}',
        "actions",
    ),
    "a list": ('list "a_b" "c" {\n}', "has a block list"),
    "an unknown block": ("store {\n}", "has a block store"),
    "a check's data source": ('check "x" {\n  data "a_b" "c" {\n  }\n}', "a check with a data source"),
    "providers by for_each": (
        'provider "a" {\n  alias    = "x"\n  for_each = toset(["a"])\n}',
        "a provider with for_each",
    ),
    "an experiment": ("terraform {\n  experiments = [x]\n}", "has experiments in a block terraform"),
    "another place of execution": ("terraform {\n  cloud {\n  }\n}", "has cloud in a block terraform"),
    "keys of a service": (
        'terraform {\n  encryption {\n    key_provider "aws_kms" "x" {\n    }\n  }\n}',
        "key_provider aws_kms",
    ),
    "keys of a program": (
        'terraform {\n  encryption {\n    method "external" "x" {\n    }\n  }\n}',
        "method external",
    ),
    "no code": ("resource {", "cannot be read (line 3"),
    "an attribute at the top": ("x = 1", "cannot be read"),
    "no UTF-8": ('locals {\n  x = "\udcff"\n}', "cannot be read (it is not UTF-8) in live/main.tf"),
}


@pytest.mark.parametrize(("block", "reason"), BLOCKS.values(), ids=BLOCKS)
def test_a_block_whose_meaning_may_change_is_refused(tmp_path: Path, block: str, reason: str) -> None:
    code = f"\n\n{block}\n".encode(errors="surrogateescape")
    assert reason in judged(tmp_path, {"live/main.tf": code})


def a_resource(**inside: object) -> dict[str, object]:
    return {"resource": {"a_b": {"c": inside}}}


DOCUMENTS: dict[str, tuple[str, str]] = {
    "the time in escapes": (
        json.dumps(a_resource(name="${Xtimestamp()}")).replace("X", "\\u0070lan"),
        "uses plantimestamp()",
    ),
    "a template in escapes": (
        json.dumps(a_resource(name="X{uuid()}")).replace("X", "\\u0024"),
        "uses uuid()",
    ),
    "the time in a key": (json.dumps(a_resource(tags={"${timestamp()}": 1})), "uses timestamp()"),
    "the time in a list": (json.dumps(a_resource(tags=[{"a": ["${timestamp()}"]}])), "uses timestamp()"),
    "a local": (json.dumps({"locals": {"x": "${uuid()}"}}), "uses uuid()"),
    "an output": (json.dumps({"output": {"x": {"value": "${epoch()}"}}}), "calls epoch()"),
    "a moved block": (json.dumps({"moved": {"from": "${epoch()}"}}), "calls epoch()"),
    "another state": (json.dumps({"data": {"terraform_remote_state": {"x": {}}}}), "another configuration"),
    "another state in escapes": (
        json.dumps({"data": {"terraformXremote_state": {"x": {}}}}).replace("X", "\\u005f"),
        "another configuration",
    ),
    "an ephemeral resource": (json.dumps({"ephemeral": {"a_b": {"c": {}}}}), "has a block ephemeral"),
    "an ephemeral variable": (json.dumps({"variable": {"x": {"ephemeral": True}}}), "ephemeral values"),
    "an action": (json.dumps({"action": {"a_b": {"c": {}}}}), "has a block action"),
    "an unknown block": (json.dumps([{}, {"store": {}}]), "has a block store"),
    "a check's data source": (json.dumps({"check": {"x": {"data": {"a_b": {"c": {}}}}}}), "a check with"),
    "providers by for_each": (json.dumps({"provider": {"a": [{"for_each": "${x}"}]}}), "for_each"),
    "another place of execution": (json.dumps({"terraform": [{"cloud": {}}]}), "has cloud"),
    "keys of a service": (
        json.dumps({"terraform": {"encryption": {"key_provider": {"gcp_kms": {"x": {}}}}}}),
        "key_provider gcp_kms",
    ),
    "a key twice": ('{"locals": {"x": "a", "x": "${uuid()}"}}', "cannot be read (a key appears twice)"),
    "a list of lists": ('{"resource": 7}', "cannot be read"),
    "no JSON": ('{"locals": ', "cannot be read (line 1"),
    "nested too deeply": ('{"locals": {"x": ' + "[" * 100_000 + "]" * 100_000 + "}}", "cannot be read"),
}


@pytest.mark.parametrize(("document", "reason"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_in_json_the_same_is_refused_however_it_is_spelled(
    tmp_path: Path, document: str, reason: str
) -> None:
    assert reason in judged(tmp_path, {"live/main.tf.json": document})


def test_the_reason_has_the_line(tmp_path: Path) -> None:
    assert (
        judged(tmp_path, {"live/main.tf": f"\n\n{native('timestamp()')}"})
        == "uses timestamp() in live/main.tf:4"
    )
    deep = native("<<-EOT\n    ${epoch()}\n  EOT")
    assert judged(tmp_path, {"live/main.tf": deep}).endswith("in live/main.tf:2")
    (tmp_path / "tree/live/main.tf").unlink()
    assert judged(tmp_path, {"live/x.tf.json": in_json("uuid()")}) == "uses uuid() in live/x.tf.json:5"


def test_what_a_module_says_counts_like_the_root(tmp_path: Path) -> None:
    root = {"live/main.tf": ""}
    local = {**root, "modules/net/main.tf": native("uuid()")}
    assert judged(tmp_path / "a", local, [NET]) == "uses uuid() in modules/net/main.tf:2"
    fetched = {**root, "modules/vpc/sub/main.tf": native("uuid()")}
    assert judged(tmp_path / "b", fetched, [VPC]) == "uses uuid() in module.vpc/main.tf:2"
    override = {"live/main.tf": native("1"), "live/x_override.tf": native("uuid()")}
    assert "live/x_override.tf:2" in judged(tmp_path / "c", override)


def test_a_module_that_cannot_be_read_whole_is_refused(tmp_path: Path) -> None:
    files = {"live/main.tf": "", "modules/vpc/sub/main.tf": "locals {}\n"}
    assert (
        judged(tmp_path / "a", {"live/main.tf": ""}, [VPC]) == 'has a module "vpc" whose files cannot be read'
    )
    large = {**files, "modules/vpc/sub/large.tf": f"# {'x' * 1_000_000}\n"}
    assert judged(tmp_path / "b", large, [VPC]) == 'has a module "vpc" whose files cannot be read'
    assert "more than 1,000,000 bytes" in judged(tmp_path / "c", {"live/main.tf": f"# {'x' * 1_000_000}\n"})
    many = {f"live/{n}.tf": f"# {'x' * 900_000}\n" for n in range(LARGEST_CODE // 900_000 + 1)}
    assert judged(tmp_path / "d", many) == f"has more than {LARGEST_CODE:,} bytes of code"


def test_a_module_outside_of_the_repository_is_refused(tmp_path: Path) -> None:
    elsewhere = CalledModule("far", "../../far", fetched=False)
    (tmp_path / "far").mkdir()
    (tmp_path / "far/main.tf").write_text("locals {}\n")
    (tmp_path / "tree/live").mkdir(parents=True)
    (tmp_path / "tree/live/main.tf").write_text("")
    code = Code(tmp_path / "tree/live", tmp_path / "tree", HCL)
    found = outside_induction(
        [elsewhere], {"./main.tf": b"", "../../far/main.tf": b"locals {}\n"}, tmp_path / "data", code
    )
    assert found == 'has the module "far", which is outside of the repository'


LINKS = {
    "a file of code": ("live/more.tf", "../other/main.tf", "", "has a link as a file of code in live/more.tf"),
    "a folder of a module": ("modules/net", "../other", "", 'has the module "net", which is reached through a link'),
    "a file that is read": ("live/x", "../other/main.tf", 'file("${path.module}/x")', "reads a file through a link"),
    "a folder above it": ("live/up", "../other", 'file("${path.module}/up/main.tf")', "reads a file through a link"),
    "a step back from a link": (
        "live/up", "../other/deep", 'file("${path.module}/up/../main.tf")', "reads a file through a link",
    ),
    "a file of a folder": ("live/f/x", "../../other/main.tf", 'fileset("${path.module}/f", "*")', "a link in it"),
    "a folder in a folder": ("live/f/d", "../../other", 'fileset("${path.module}/f", "*")', "a link in it"),
    "a file of a loop": (
        "live/f/x", "../../other/main.tf", '[for x in ["x"] : file("${path.module}/f/${x}")]', "a link in it",
    ),
    "the root module": ("live", "other", "", ""),
}  # fmt: skip


@pytest.mark.parametrize(("link", "target", "expression", "reason"), LINKS.values(), ids=LINKS)
def test_a_link_is_refused_wherever_it_lies(
    tmp_path: Path, link: str, target: str, expression: str, reason: str
) -> None:
    path = tmp_path / "tree" / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
    files = {"other/main.tf": "locals {}\n", "other/deep/x": ""}
    files |= {"live/main.tf": native(expression or "1")}
    modules = [NET] if link.startswith("modules") else []
    found = judged(tmp_path, files, modules)
    assert reason in found
    assert bool(reason) == bool(found)


TEMPLATES = {
    "the time": ("a\n${timestamp()}\n", "renders t.tftpl, which uses timestamp()"),
    "the time in a directive": ("%{ for x in [plantimestamp ( )] }%{ endfor }", "uses plantimestamp()"),
    "an unknown function": ("${\n  epoch\n(1)}", "calls epoch()"),
    "a file": ('${file("t")}', "reads files"),
    "another template": ('${templatefile("t", {})}', "reads files"),
    "no template": ("${", "which"),
    "no UTF-8": (b"\xff", "a template that cannot be read"),
    "too much": (b"x" * 1_000_001, "a template that cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize(("template", "reason"), TEMPLATES.values(), ids=TEMPLATES)
def test_a_template_is_code_too(tmp_path: Path, template: str | bytes, reason: str) -> None:
    code = native('templatefile("${path.module}/t.tftpl", {})')
    found = judged(tmp_path, {"live/main.tf": code, "live/t.tftpl": template})
    assert reason in found
    assert found.endswith("in live/main.tf:2")


def test_a_fetched_module_reads_only_itself_and_the_root_module(tmp_path: Path) -> None:
    def read_by_it(path: str) -> str:
        files = {"live/main.tf": "", "modules/vpc/sub/main.tf": native(f'file("{path}")')}
        return judged(tmp_path, files, [VPC])

    assert read_by_it("${path.module}/../x") == read_by_it("${path.root}/x") == read_by_it("x") == ""
    assert "outside of its module" in read_by_it("${path.module}/../../../x")
    assert "outside of its module" in read_by_it("${path.root}/../modules/x")
    assert "outside of the repository" in read_by_it("${path.module}/../../../../../x")


def test_a_path_may_be_put_together_from_locals_and_literal_loops(tmp_path: Path) -> None:
    code = """
locals {
  folder = "${path.module}/conf"
  names  = ["a", "b"]
}
resource "a_b" "c" {
  for_each = toset(local.names)
  one      = file("${local.folder}/${each.key}.json")
  two      = jsondecode(file(join("/", [local.folder, "x.json"])))
  three    = file(true ? "x" : "y")
}
"""
    assert judged(tmp_path, {"live/main.tf": code}) == ""
    assert "outside" in judged(tmp_path, {"live/main.tf": code.replace('"y"', '"/y"')})


def test_the_default_of_a_variable_is_not_its_value(tmp_path: Path) -> None:
    code = 'variable "x" {\n  default = "a"\n}\n' + native('file("${path.module}/${var.x}")')
    assert "whose path is only known while planning" in judged(tmp_path, {"live/main.tf": code})


def test_opentofu_reads_its_own_files_instead_of_those_of_terraform(tmp_path: Path) -> None:
    files = {"live/main.tf": native("uuid()"), "live/main.tofu": native("1"), "live/b.tofu": "locals {}\n"}
    assert judged(tmp_path, files, (), OPENTOFU) == ""
    assert "live/main.tf:2" in judged(tmp_path, files)
    files["live/b.tofu"] = native("uuid()")
    assert "live/b.tofu:2" in judged(tmp_path, files, (), OPENTOFU)


def test_local_keys_may_encrypt_the_state(tmp_path: Path) -> None:
    encryption = """terraform {
  encryption {
    key_provider "pbkdf2" "a" {
      passphrase = var.p
    }
    method "aes_gcm" "b" {
      keys = key_provider.pbkdf2.a
    }
    state {
      method = method.aes_gcm.b
    }
  }
}
"""
    assert judged(tmp_path, {"live/main.tf": encryption}, (), OPENTOFU) == ""


@needs_terraform
def test_each_function_of_terraform_is_trusted_judged_or_refused() -> None:
    told = subprocess.run(
        [str(TERRAFORM), "metadata", "functions", "-json"], capture_output=True, check=True
    ).stdout
    names = {name.removeprefix("core::") for name in json.loads(told)["function_signatures"]}
    assert names == names & (PURE | READERS | IMPURE)
    assert not PURE & (READERS | IMPURE)


@pytest.mark.parametrize("unit", ["${", "[", '"${', "a(", "<<A\n", "x = {", 'file("${', "/* ", "a {\n"])
def test_odd_code_is_judged_in_bounded_time(tmp_path: Path, unit: str) -> None:
    (tmp_path / "tree/live").mkdir(parents=True)
    content = (f"locals {{\n  x = {unit * (300_000 // len(unit))}\n}}\n").encode()
    code = Code(tmp_path / "tree/live", tmp_path / "tree", HCL)
    before = time.thread_time()
    assert outside_induction((), {"./main.tf": content}, tmp_path / "data", code) != ""
    assert time.thread_time() - before < 2 * SECONDS


# Properties

names = st.sampled_from(["a", "uuid_of", "timestamp", "path_of", "x-uuid", "ephemeral_storage", "file_name"])
texts = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\ufeff", exclude_categories=["Cs", "Cc"]), max_size=8
)
quoted = texts.map(
    lambda text: json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
)
plain = st.one_of(
    quoted,
    st.integers(0, 99).map(str),
    names.map(lambda name: f"var.{name}"),
    names.map(lambda name: f"local.{name}"),
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    calls = st.tuples(st.sampled_from(sorted(PURE)), st.lists(inner, max_size=2))
    return st.one_of(
        calls.map(lambda call: f"{call[0]}({', '.join(call[1])})"),
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.lists(st.tuples(names, inner), max_size=2).map(
            lambda pairs: "{ " + ", ".join(f"{name} = {part}" for name, part in pairs) + " }"
        ),
        inner.map(lambda part: f'"x ${{{part}}} y"'),
        inner.map(lambda part: f"({part}\n)"),
        inner.map(lambda part: f"[for a in [{part}] : a /* b */ if (a != 1)]"),
        st.tuples(inner, inner).map(lambda two: f"(true ? {two[0]} : {two[1]})"),
    )


expressions = st.recursive(plain, grown, max_leaves=8)
PLANTED = [
    "timestamp()", "plantimestamp ()", "uuid(/* x */)", "bcrypt(1)", "core::uuid()", "path.cwd", "terraform.applying",
    "templatestring(local.x, {})", "provider::a::b()", "epoch()", 'file("/x")', 'abspath(".")', "(uuid\n())",
    "ephemeral.a_b.c", "data.terraform_remote_state.x", "file(var.x)", 'fileset("/x", "*")', 'templatefile("~/x", {})',
]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(expression=expressions, in_the_json=st.booleans())
def test_innocent_code_passes(tmp_path: Path, expression: str, *, in_the_json: bool) -> None:
    assert _judged_alone(tmp_path, expression, in_the_json=in_the_json) == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    expression=expressions,
    planted=st.sampled_from(PLANTED),
    around=st.sampled_from(
        ["[@, $]", '"${@}$"', "upper(@, $)", "{ a = $, b = @ }", '"a ${"${@}"} $"', "($ ? @ : 1)"]
    ),
    in_the_json=st.booleans(),
)
def test_code_with_a_planted_word_is_refused(
    tmp_path: Path, expression: str, planted: str, around: str, *, in_the_json: bool
) -> None:
    inside = f"${{{expression}}}" if around.startswith('"') else expression
    code = around.replace("$", "\0").replace("\0{", "${").replace("\0", inside).replace("@", planted)
    assert _judged_alone(tmp_path, code, in_the_json=in_the_json) != ""


def _judged_alone(folder: Path, expression: str, *, in_the_json: bool) -> str:
    name, code = ("main.tf.json", in_json(expression)) if in_the_json else ("main.tf", native(expression))
    (folder / "tree/live").mkdir(parents=True, exist_ok=True)
    place = Code(folder / "tree/live", folder / "tree", HCL)
    return outside_induction((), {f"./{name}": code.encode()}, folder / "data", place)
