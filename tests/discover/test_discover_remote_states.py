"""States that code reads by terraform_remote_state: found in Git, if the code says literally where they are."""

import pytest

from runner.engine.modules.configuration import HclModules
from runner.model.code.identity import place_of
from runner.model.code.module import RemoteState
from runner.model.code.module_folders import Reach
from runner.model.code.remote_states import remote_reads
from runner.model.code.scan import Code, Module

S3 = '{ bucket = "b", key = "net.tfstate", region = "eu-west-1" }'


def read(**files: str) -> tuple[RemoteState, ...]:
    named = {name.replace("__", "."): text.encode() for name, text in files.items()}
    return HclModules().read(named).remote_states


def block(config: str = S3, more: str = "", backend: str = '"s3"') -> str:
    return (
        f'data "terraform_remote_state" "net" {{\n  backend = {backend}\n  config = {config}\n  {more}\n}}\n'
    )


def test_block_and_uses_may_lie_in_different_files() -> None:
    (state,) = read(
        states__tf=block(),
        main__tf="locals { a = data.terraform_remote_state.net.outputs.vpc_id }\n"
        'resource "x" "y" { z = data.terraform_remote_state.net.outputs["zone-id"] }\n',
    )
    assert state.outputs == ("vpc_id", "zone-id")
    assert state.backend.settings["key"] == "net.tfstate"


@pytest.mark.parametrize(
    ("use", "outputs"),
    [
        ("data.terraform_remote_state.net.outputs.a.b", ("a",)),
        ("data.terraform_remote_state.net[0].outputs.a", ("a",)),
        ("data.terraform_remote_state.net.outputs", ("*",)),
        ("data.terraform_remote_state.net", ("*",)),
        ("data.terraform_remote_state.other.outputs.a", ()),
        ('"${data.terraform_remote_state.net.outputs.a}-x"', ("a",)),
    ],
)
def test_the_used_outputs_are_those_that_the_code_names(use: str, outputs: tuple[str, ...]) -> None:
    (state,) = read(main__tf=block() + f"locals {{ a = {use} }}\n")
    assert state.outputs == outputs


@pytest.mark.parametrize(
    "text",
    [
        block('{ bucket = "b", key = "${var.env}.tfstate" }'),
        block("local.config"),
        block(backend="var.backend"),
        block(more="workspace = terraform.workspace"),
        'data "terraform_remote_state" "net" {\n  backend = \n',
    ],
    ids=["a template", "a reference", "a computed backend", "a computed workspace", "no HCL"],
)
def test_what_is_not_literal_is_left_out(text: str) -> None:
    assert read(main__tf=text) == ()


def test_json_is_read_alike() -> None:
    (state,) = read(
        main__tf__json='{"data": {"terraform_remote_state": {"net": {"backend": "s3", "workspace": "prod", "config": '
        '{"bucket": "b", "key": "k"}}}}, "output": {"a": {"value": '
        '"${data.terraform_remote_state.net.outputs[\\"vpc\\"]}"}}}'
    )
    assert (state.workspace, state.outputs) == ("prod", ("vpc",))


def test_the_state_is_found_by_where_it_is_and_not_by_how_it_is_reached() -> None:
    text = (
        block(more='workspace = "prod"') + "locals { a = data.terraform_remote_state.net.outputs.vpc_id }\n"
    )
    facts = HclModules().read({"main.tf": text.encode()})
    root, called = Module("app", facts), Module("modules/x", facts)
    one, other = remote_reads(Code(Reach(("app", "modules/x"), ()), (root, called)))
    owner = place_of("s3", {"bucket": "b", "key": "net.tfstate", "profile": "x"}, "prod")
    assert one.state == other.state == owner.digest
    assert one.reference == "data.terraform_remote_state.net"
    assert other.reference == "modules/x: data.terraform_remote_state.net"
