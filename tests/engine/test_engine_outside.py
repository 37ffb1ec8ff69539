"""What the code reads outside of the repository is bound by a keyed digest, wherever an apply may evaluate it."""

import json
from pathlib import Path

import pytest
from engine_world import World, needs_terraform

from runner.engine.outside_reads import Reads
from runner.engine.passed_in import identity_in
from runner.model.stack.definition import StackDefinition

pytestmark = needs_terraform

KEY = b"k" * 32
GOOGLE = {"type": "service_account", "client_email": "a@b.iam", "project_id": "p", "private_key": "one"}


def runs(command: str) -> str:
    return f'resource "terraform_data" "a" {{\n  provisioner "local-exec" {{\n    command = {command}\n  }}\n}}\n'


def sends(kind: str, arguments: str) -> str:
    connection = 'connection {\n    host = "none.invalid"\n  }\n'
    return f'resource "terraform_data" "a" {{\n  {connection}  provisioner {kind} {{\n    {arguments}\n  }}\n}}\n'


# Each reads OUT/f.
READERS: dict[str, dict[str, str]] = {
    "a command": {"main.tf": runs('"echo ${file("OUT/f")}"')},
    "a local": {"main.tf": 'locals {\n  f = trimspace(file("OUT/f"))\n}\n' + runs("local.f")},
    "an argument of a module": {
        "main.tf": 'module "m" {\n  source = "./m"\n  x = filebase64( "OUT/f" )\n}\n',
        "m/main.tf": 'variable "x" {}\n' + runs("var.x"),
    },
    "a template": {"main.tf": runs('templatefile("OUT/f", {})')},
    "a relative path": {"main.tf": runs('file("${path.module}/../../../../outside/f")')},
    "a path from a variable": {"main.tf": 'variable "p" {\n  default = "OUT/f"\n}\n' + runs("file(var.p)")},
    "a folder from a variable": {
        "main.tf": 'variable "d" {\n  default = "OUT"\n}\n' + runs('file("${var.d}/f")')
    },
    "the stack's vars": {"main.tf": 'variable "set" {}\n' + runs("file(var.set)")},
    "a file that is sent": {"main.tf": sends('"file"', 'source = "OUT/f"\n    destination = "/x"')},
    "a folder that is sent": {"main.tf": sends('"file"', 'source = "OUT"\n    destination = "/x"')},
    "scripts that are sent": {"main.tf": sends('"remote-exec"', 'scripts = [\n      "OUT/f",\n    ]')},
    "a script from a variable": {
        "main.tf": 'variable "s" {\n  default = "OUT/f"\n}\n' + sends('"remote-exec"', "script = var.s")
    },
    "JSON": {
        "main.tf.json": json.dumps(
            {
                "resource": {
                    "terraform_data": {"a": {"provisioner": {"local-exec": {"command": '${file("OUT/f")}'}}}}
                }
            }
        )
    },
}


def bound(world: World, content: str) -> list[str]:
    (world.outside / "f").write_text(content)
    shown = world.planned(key=KEY).facts.given
    return [one for one in shown if one.startswith("file:")]


def write(world: World, files: dict[str, str]) -> None:
    world.write({name: text.replace("OUT", str(world.outside)) for name, text in files.items()})
    world.stack = StackDefinition(
        name="prod/app", vars={"set": f"{world.outside}/f"} if "set" in str(files) else {}
    )


@pytest.fixture
def world(on_disk: Path) -> World:
    return World(on_disk / "data")


@pytest.mark.repeats
@pytest.mark.parametrize("reader", READERS)
def test_another_content_has_another_digest_and_is_not_shown(world: World, reader: str) -> None:
    write(world, READERS[reader])
    one, other = bound(world, "echo first-content"), bound(world, "echo second-content")
    assert one != other
    name = f"file:{world.outside}{'' if 'folder that' in reader else '/f'}"
    assert [shown.split()[0] for shown in (*one, *other)] == [name] * 2
    assert "first-content" not in str(one)
    assert "folder that" in reader or bound(world, "echo first-content") == one


INSIDE: dict[str, dict[str, str]] = {
    "a file of the revision": {"main.tf": runs('file("${path.module}/f")'), "f": "echo inside"},
    "a template of the revision": {"main.tf": runs('templatefile("./${var.n}", {})') + 'variable "n" {\n  default = "f"\n}\n', "f": "x"},
    "data": {"main.tf": 'data "terraform_remote_state" "o" {\n  backend = "local"\n  config  = { path = fileexists("OUT/f") ? "OUT/s" : "OUT/s" }\n}\n'},
}  # fmt: skip


@pytest.mark.parametrize("reader", INSIDE)
def test_what_the_revision_or_the_plan_has_is_no_part_of_it(world: World, reader: str) -> None:
    (world.outside / "s").write_text(
        json.dumps({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": {}, "resources": []})
    )  # fmt: skip
    write(world, INSIDE[reader])
    assert bound(world, "one") == []


def test_a_key_of_google_stands_for_its_account_and_project(world: World) -> None:
    write(world, READERS["a command"])
    first = bound(world, json.dumps(GOOGLE))
    assert bound(world, json.dumps({**GOOGLE, "private_key": "two"})) == first
    assert bound(world, json.dumps({**GOOGLE, "project_id": "q"})) != first


CLUSTER = "clusters:\n- server: {server}\nusers:\n- token: {token}\n  client-certificate-data: {token}\n"


def test_a_provider_configuration_file_counts_without_its_secrets(tmp_path: Path) -> None:
    reads, root = Reads(), tmp_path
    reads.note("provider", 'config_path = "/etc/kube/config"\n  path = "/data"', root, root)
    reads.note("resource", 'config_path = "/etc/other"', root, root)
    reads.note("provider", 'credentials = file("/etc/key.json")', root, root)
    assert (reads.identities, reads.paths) == ({"/etc/kube/config", "/etc/key.json"}, set())


def test_of_a_file_of_clusters_the_servers_count_and_the_tokens_do_not() -> None:
    def measured(server: str, token: str) -> str:
        return identity_in(CLUSTER.format(server=server, token=token).encode(), lines=True)

    assert measured("one", "first") == measured("one", "second") != measured("other", "first")


@pytest.mark.parametrize(
    "renewed", ["token-{}", "-----BEGIN PRIVATE KEY-----\nAbc{}==\n-----END PRIVATE KEY-----"]
)
def test_of_a_file_that_is_a_secret_by_itself_nothing_counts(renewed: str) -> None:
    shown = [identity_in(renewed.format(n).encode(), lines=True) for n in "12"]
    assert shown[0] == shown[1]


def test_without_a_key_no_file_is_measured(world: World) -> None:
    write(world, READERS["a command"])
    (world.outside / "f").write_text("echo one")
    assert world.planned().facts.given == ()
