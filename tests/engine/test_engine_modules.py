"""The facts of a module, from its files alone."""

import json
import time

import pytest

from runner.engine.modules.configuration import HclModules
from runner.model.code.module import Backend, ModuleFacts, RequiredVersion

Files = dict[str, str]


def facts(**files: str) -> ModuleFacts:
    """Names with `__` for the dot."""
    return read({name.replace("__", "."): text for name, text in files.items()})


def read(files: Files) -> ModuleFacts:
    return HclModules().read({name: text.encode() for name, text in files.items()})


def test_an_empty_module_has_no_facts() -> None:
    assert read({}) == ModuleFacts()
    assert facts(main__tf="", README__md="module") == ModuleFacts()


def test_module_calls_are_their_sources() -> None:
    text = 'module "a" {\n  source = "./a"\n  x = var.y\n}\nmodule "b" { source = "git::https://h/r.git?ref=v1" }\n'
    assert facts(main__tf=text).calls == ("./a", "git::https://h/r.git?ref=v1")


def test_a_backend_keeps_its_literals_and_the_source_text_of_the_rest() -> None:
    text = """
terraform {
  required_version = ">= 1.5"
  backend "s3" {
    bucket = "b\\"x"
    key    = "${var.env}/k"
    region = var.region
    use_lockfile = true
    assume_role = { role_arn = "arn" }
    doc = <<EOT
one
EOT
  }
}
"""
    found = facts(main__tf=text)
    assert found.required == (RequiredVersion("main.tf", ">= 1.5"),)
    assert found.backend is not None
    assert found.backend.type == "s3"
    assert found.backend.settings == {
        "bucket": 'b"x',
        "key": '"${var.env}/k"',
        "region": "var.region",
        "use_lockfile": True,
        "assume_role": {"role_arn": "arn"},
        "doc": "<<EOT\none\nEOT",
    }


def test_a_cloud_block_is_a_backend_named_cloud() -> None:
    text = 'terraform {\n  cloud {\n    organization = "o"\n    workspaces { name = "w" }\n  }\n}\n'
    assert facts(main__tf=text).backend == Backend(
        "cloud", {"organization": "o", "workspaces": [{"name": "w"}]}
    )


def test_required_versions_of_several_files_all_count() -> None:
    found = facts(
        a__tf='terraform {\n required_version = ">= 1.5"\n}\n',
        b__tf='terraform { required_version = "< 2" }\n',
    )
    assert found.required == (RequiredVersion("a.tf", ">= 1.5"), RequiredVersion("b.tf", "< 2"))


def test_what_opentofu_is_compatible_with_is_a_requirement_outside_of_overrides() -> None:
    block = 'language {\n compatible_with {\n opentofu = ">= 1.12"\n terraform = ">= 1.5"\n }\n}\n'
    found = facts(main__tf=block, override__tf=block)
    assert found.required == (RequiredVersion("main.tf", ">= 1.12", compatible_with=True),)
    as_json = read({"main.tf.json": '{"language": {"compatible_with": {"opentofu": ">= 1.12"}}}'})
    assert [one.text for one in as_json.required] == [">= 1.12"]


def test_an_override_file_replaces_a_backend_and_a_source() -> None:
    found = facts(
        main__tf='terraform {\n backend "s3" {}\n}\nmodule "a" { source = "./a" }\nmodule "b" { source = "./b" }\n',
        a_override__tf='terraform {\n backend "local" {\n path = "/etc/x"\n }\n}\n',
        override__tf='module "a" { source = "./evil" }\n',
    )
    assert found.backend == Backend("local", {"path": "/etc/x"})
    assert found.calls == ("./evil", "./b")


def test_json_files_say_the_same_in_their_way() -> None:
    document = {
        "//": "a comment",
        "terraform": {"required_version": ">= 1.5", "backend": {"s3": {"bucket": "b", "key": "${var.k}"}}},
        "module": [{"a": {"source": "./a"}}, {"b": [{"source": "./b"}]}],
        "resource": {"null_resource": {"x": [{"provisioner": {"local-exec": {"command": "id"}}}]}},
        "data": {"external": {"e": {"program": ["sh"]}}},
        "check": {"c": {"data": {"external": {"f": {}}}}},
    }
    found = read({"main.tf.json": json.dumps(document)})
    assert found.backend == Backend("s3", {"bucket": "b", "key": "${var.k}"}, computed=("key",))
    assert found.calls == ("./a", "./b")
    assert found.required == (RequiredVersion("main.tf.json", ">= 1.5"),)
    assert found.provisioners == ("null_resource.x", "data.external.e", "data.external.f")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'resource "null_resource" "x" {\n provisioner "local-exec" { command = "id" }\n}\n',
            "null_resource.x",
        ),
        ('data "external" "e" { program = ["sh"] }\n', "data.external.e"),
        ('data "\\u0065xternal" "e" { program = ["sh"] }\n', "data.external.e"),
        ('data /* */ "external" "e" { program = ["sh"] }\n', "data.external.e"),
        ('check "c" {\n data "external" "e" { program = ["sh"] }\n}\n', "data.external.e"),
        ('resource "x" "y" {\n a = <<E\n${f(\n)}\nE\n provisioner "local-exec" {}\n}\n', "x.y"),
    ],
)
def test_what_runs_programs_is_found(text: str, expected: str) -> None:
    assert facts(main__tf=text).provisioners == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        'resource "x" "y" {\n provisioner "local-exec" {\n',
        "resource x y { provisioner }",
        'data "external" "e" { program = ["sh" }\n',
        '# external\n"',
    ],
)
def test_an_unreadable_file_that_may_hide_a_program_counts_as_having_one(text: str) -> None:
    found = facts(main__tf=text)
    assert found.provisioners == ("main.tf (not readable)",)
    assert found.unreadable == ("main.tf",)


def test_words_that_only_look_like_programs_are_none() -> None:
    text = 'resource "aws_x" "y" {\n external_id = "provisioner"\n scheme = "external"\n}\n# provisioner\n'
    assert facts(main__tf=text) == ModuleFacts()


@pytest.mark.parametrize("name", ["main.tf", "main.tf.json"])
@pytest.mark.parametrize(
    "content", [b"module {{{", b"\xff\xfe module", b'{"module": ', b"[1, module", b'{"module": 3}']
)
def test_a_broken_file_is_named_and_never_an_exception(name: str, content: bytes) -> None:
    found = HclModules().read({name: content, "ok.tf": b'module "a" { source = "./a" }\n'})
    assert found.unreadable == (name,)
    assert found.calls == ("./a",)


def test_files_that_terraform_does_not_read_do_not_count() -> None:
    broken = "module {"
    assert (
        read({".main.tf": broken, "main.tf~": broken, "#main.tf#": broken, "a.tfvars": broken})
        == ModuleFacts()
    )


def test_a_tofu_file_stands_for_the_terraform_file_of_its_name() -> None:
    found = read({"a.tf": 'module "m" { source = "./tf" }', "a.tofu": 'module "m" { source = "./tofu" }'})
    assert found.calls == ("./tofu",)


def test_a_file_is_parsed_once_for_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = HclModules()
    content = b'resource "x" "y" {\n provisioner "local-exec" {}\n}\n'
    modules.read({"a.tf": content})
    monkeypatch.setattr("runner.engine.modules.configuration.body_of", lambda _: pytest.fail("parsed again"))
    assert modules.read({"b.tf": content}).provisioners == ("x.y",)


def test_a_thousand_plain_modules_take_less_than_a_second() -> None:
    modules = HclModules()
    text = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "%d"\n  }\n}\nresource "a" "b" {\n  c = 1\n}\n'
    started = time.process_time()
    for number in range(1000):
        modules.read({"main.tf": (text % number).encode()})
    assert time.process_time() - started < 1.0
