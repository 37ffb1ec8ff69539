"""What is no question to a provider: code that depends on it is never replayed, and the reason is shown."""

import json

import pytest
from click.testing import CliRunner
from probing_service import ReplayedWorld, needs_terraform
from replayed_world import OBJECT, beginnings, recorded
from world import World

from runner.cli.main import main
from runner.model.warm.provider import Way

__all__ = ("beginnings", "recorded")
pytestmark = needs_terraform

MAIN, TEMPLATE, NET = "web/main.tf", "web/motd.tftpl", "modules/net/main.tf"


def local(expression: str) -> dict[str, str]:
    """Beside the code of the stack."""
    return {"web/more.tf": f"locals {{\n  more = {expression}\n}}\n"}


# What is committed beside the stack, and the reason.
OUTSIDE: dict[str, tuple[dict[str, str], str]] = {
    "the time": (local("timestamp()"), "uses timestamp() in web/more.tf:2"),
    "the time of the plan": (local("plantimestamp()"), "uses plantimestamp() in web/more.tf:2"),
    "chance": (local("uuid()"), "uses uuid() in web/more.tf:2"),
    "a salt": (local('bcrypt("x")'), "uses bcrypt() in web/more.tf:2"),
    "the time by its long name": (local("core::timestamp()"), "uses timestamp() in web/more.tf:2"),
    "the time in a directive": (
        local('"%{ if timestamp() == "" }a%{ endif }"'),
        "uses timestamp() in web/more.tf:2",
    ),
    "the time in a file that overrides": (
        {"web/web_override.tf": "locals {\n  more = timestamp()\n}\n", **local("1")},
        "uses timestamp() in web/web_override.tf:2",
    ),
    "the time in JSON with escapes": (
        {"web/more.tf.json": '{"locals": {"more": "${\\u0074imestamp()}"}}'},
        "uses timestamp() in web/more.tf.json",
    ),
    "the time in a template": (
        {**local('templatefile("motd.tftpl", {})'), TEMPLATE: "${timestamp()}"},
        "renders motd.tftpl, which uses timestamp()",
    ),
    "the time in a module": (
        {
            "web/more.tf": 'module "net" {\n  source = "../modules/net"\n}\n',
            NET: local("uuid()")["web/more.tf"],
        },
        "uses uuid() in modules/net/main.tf:2",
    ),
    "code that is made while planning": (
        local("templatestring(terraform_data.seen.output, {})"),
        "uses templatestring() in web/more.tf:2",
    ),
    "its place": (local("path.cwd"), "uses path.cwd in web/more.tf:2"),
    "the home of a run": (local('pathexpand("~/x")'), "uses pathexpand() in web/more.tf:2"),
    "a file by a variable": (
        {**local("file(var.path)"), "web/path.tf": 'variable "path" {\n  default = "main.tf"\n}\n'},
        "reads a file whose path is only known while planning, file(var.path), in web/more.tf:2",
    ),
    "a file of the machine": (
        local('file("/etc/hostname")'),
        'reads a file outside of the repository, file("/etc/hostname"), in web/more.tf:2',
    ),
    "whether there is a file": (local('fileexists("/nowhere")'), "reads a file outside of the repository"),
    "files of the machine": (local('fileset("/etc", "host*")'), "reads a file outside of the repository"),
    "the digest of a file": (local('filemd5("/etc/hostname")'), "reads a file outside of the repository"),
    "the state of another stack": (
        {
            "web/more.tf": 'data "terraform_remote_state" "x" {\n  backend = "local"\n'
            '  config  = { path = "state.json" }\n}\n',
            "web/state.json": '{"version": 4, "serial": 1, "lineage": "x", "outputs": {}, "resources": []}',
        },
        "reads the state of another configuration in web/more.tf:1",
    ),
    "a value that no state has": (
        {"web/more.tf": 'variable "more" {\n  default   = ""\n  ephemeral = true\n}\n'},
        "has ephemeral values in web/more.tf",
    ),
    "a data source in a check": (
        {
            "web/more.tf": 'check "it" {\n  data "cloudfile_lookup" "it" {\n    name = "other"\n  }\n'
            '  assert {\n    condition     = data.cloudfile_lookup.it.value != ""\n'
            '    error_message = "No."\n  }\n}\n'
        },
        "its plan has changes",  # terraform reads it in each apply
    ),
}


@pytest.mark.repeats
@pytest.mark.parametrize(("files", "reason"), OUTSIDE.values(), ids=OUTSIDE)
def test_what_follows_from_more_than_answers_is_probed_and_stack_show_says_why(
    recorded: ReplayedWorld, files: dict[str, str], reason: str
) -> None:
    recorded.commit_files(dict(files))
    recorded.push(value="one", body=OBJECT + "# a word\n")
    assert recorded.clean()[0] is Way.COMPARED
    way, said = recorded.clean()
    assert (way, said[: len(reason) + 14]) == (Way.PROBED, f"not replayed: {reason}")
    assert " ".join(said.split()) in " ".join(shown(recorded).split())
    assert json.loads(shown(recorded, "-o", "json"))["probe"]["reason"] == said


def shown(world: World, *more: str) -> str:
    """By `stack show`."""
    words = ["--config", str(world.config), "stack", "show", "web", *more]
    return CliRunner().invoke(main, words, env={"COLUMNS": "400"}).stdout
