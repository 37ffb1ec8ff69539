"""A state that terraform has written is told from the one before, wherever it is kept."""

import os
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_world import World, needs_terraform
from state_digest_world import LOGIN, digests, refused, s3, server, session_of, told

from runner.engine.state.digest import StateDigests
from runner.model.stack.definition import StackDefinition

pytestmark = needs_terraform

__all__ = ("digests", "s3", "server")
WORD = 'terraform {{\n  backend "{0}" {{}}\n}}\nresource "terraform_data" "a" {{\n  input = "{1}"\n}}\n'


def changes(world: World, digests: StateDigests, kind: str, **environment: str) -> list[str]:
    """Before the first apply, after it, after a plan without changes, and after another apply."""
    found = []
    for word in ("one", "one", "two"):
        world.write({"main.tf": WORD.format(kind, word)})
        planned = world.planned()
        found.append(told(digests, world, **environment))
        if planned.changed:
            world.applied(planned)
        found.append(told(digests, world, **environment))
    return found


def assert_one_each(found: list[str]) -> None:
    missing, first, same, still, before, last = found
    assert first == same == still == before
    assert len({missing, first, last}) == 3
    assert all(re.fullmatch(r"\w+ [0-9a-f]{64}", one) for one in found)


@pytest.mark.parametrize("workspace", ["default", "blue"])
def test_a_managed_state_is_told_by_its_file(world: World, digests: StateDigests, workspace: str) -> None:
    world.stack = replace(world.stack, terraform_workspace=workspace)
    found = []
    for word in ("one", "one", "two"):
        world.write({"main.tf": f'resource "terraform_data" "a" {{\n  input = "{word}"\n}}\n'})
        planned = world.planned()
        found.append(told(digests, world))
        if planned.changed:
            world.applied(planned)
        found.append(told(digests, world))
    assert_one_each(found)


@pytest.mark.parametrize("workspace", ["default", "blue"])
def test_the_local_backend_is_told_by_its_file(
    world: World, digests: StateDigests, tmp_path: Path, workspace: str
) -> None:
    place = {"path": str(world.outside / "a.tfstate"), "workspace_dir": str(world.outside / "others")}
    world.managed = False
    world.engines = replace(world.engines)
    world.stack = StackDefinition(name="prod/app", backend_config=place, terraform_workspace=workspace)
    assert_one_each(changes(world, digests, "local"))
    (world.outside / ("a.tfstate" if workspace == "default" else "others/blue/terraform.tfstate")).unlink()
    assert told(digests, world) != ""


def test_a_link_in_place_of_the_state_is_not_followed(world: World, digests: StateDigests) -> None:
    world.planned()
    assert world.last is not None
    state = world.last.workspace.state
    assert state is not None
    state.unlink(missing_ok=True)
    state.symlink_to("/etc/hostname")
    assert refused(digests, world).startswith("the state cannot be read: ")


FLAGS = (
    "use_path_style",
    "skip_credentials_validation",
    "skip_requesting_account_id",
    "skip_metadata_api_check",
)
SETTINGS = {"bucket": "states", "key": "app/x.tfstate", "region": "us-east-1", **dict.fromkeys(FLAGS, "true")}


@pytest.fixture
def remote(world: World, server: str, s3: Any) -> World:
    world.managed = False
    world.daemon = {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL_S3": server, **LOGIN}
    world.engines = replace(world.engines, env=("AWS_*",))
    world.stack = StackDefinition(name="prod/app", backend_config=SETTINGS)
    world.write({"main.tf": WORD.format("s3", "one")})
    return world


def set_up(world: World, **settings: str) -> None:
    world.stack = replace(world.stack, backend_config={**SETTINGS, **settings})


@pytest.mark.parametrize("workspace", ["default", "blue"])
def test_the_s3_backend_is_told_by_one_head(remote: World, digests: StateDigests, workspace: str) -> None:
    remote.stack = replace(remote.stack, terraform_workspace=workspace)
    if workspace == "default":
        assert_one_each(changes(remote, digests, "s3"))
    else:  # `init` makes the workspace, and with it a state
        remote.applied(remote.planned())
        first = told(digests, remote)
        assert first == told(digests, remote)
        remote.write({"main.tf": WORD.format("s3", "two")})
        remote.applied(remote.planned())
        assert told(digests, remote) != first


def test_states_of_workspaces_lie_below_the_prefix(remote: World, digests: StateDigests, s3: Any) -> None:
    set_up(remote, workspace_key_prefix="envs/all")
    remote.stack = replace(remote.stack, terraform_workspace="blue")
    remote.applied(remote.planned())
    first = told(digests, remote)
    s3.put_object(Bucket="states", Key="envs/all/blue/app/x.tfstate", Body=b"{}")
    assert told(digests, remote) != first


def test_a_version_of_the_same_bytes_is_another_one(remote: World, digests: StateDigests, s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="states", VersioningConfiguration={"Status": "Enabled"})
    remote.applied(remote.planned())
    first = told(digests, remote)
    content = s3.get_object(Bucket="states", Key="app/x.tfstate")["Body"].read()
    s3.put_object(Bucket="states", Key="app/x.tfstate", Body=content)
    assert told(digests, remote) != first


def test_the_client_is_kept_and_a_head_costs_a_few_milliseconds(remote: World, digests: StateDigests) -> None:
    remote.planned()
    told(digests, remote)
    clients = dict(digests.buckets._clients)
    before = time.thread_time()
    for _ in range(20):
        told(digests, remote)
    assert clients == digests.buckets._clients
    assert time.thread_time() - before < 1


def test_an_altered_record_of_the_backend_is_refused(remote: World, digests: StateDigests) -> None:
    remote.planned()
    seal = session_of(remote).seal
    assert seal is not None
    record = seal.data / "terraform.tfstate"
    record.write_text(record.read_text().replace("app/x.tfstate", "app/y.tfstate"))
    assert refused(digests, remote) == "the record of the backend was altered"
