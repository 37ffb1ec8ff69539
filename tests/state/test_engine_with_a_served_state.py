"""Runs of the engine whose state is served, as a worker on another host makes them."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from served_world import Elsewhere, elsewhere

sys.path.append(str(Path(__file__).parents[1] / "engine"))

from engine_world import SIMPLE, World, needs_terraform, terraform

from runner import failpoint
from runner.engine.environment import child_environment
from runner.engine.served_state import CONTENT, FILE
from runner.model.code.engines import ENGINES
from runner.model.stack.definition import StackDefinition
from runner.model.state.served import ServedState, can_be_served
from runner.ports.engine import EngineError

pytestmark = needs_terraform


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Elsewhere]:
    (tmp_path / "control").mkdir()
    with elsewhere(tmp_path / "control") as made:
        yield made


@pytest.fixture
def worker(tmp_path: Path) -> World:
    """Its own data directory, with the code and without any state."""
    made = World(tmp_path / "worker", stack=StackDefinition(name="app"), managed=False)
    made.write({"main.tf": SIMPLE})
    return made


def test_plan_and_apply_work_with_the_state_of_the_server(remote: Elsewhere, worker: World) -> None:
    planned = worker.planned(served=remote.served, lock=True)
    assert planned.changed
    worker.apply(planned, served=remote.served)
    (version,) = remote.world.json("state", "list", "app")
    assert (version["by"], version["resources"]) == ("run-1", 1)
    assert not worker.planned(served=remote.served).changed
    assert remote.world.json("lock", "list")[0]["holder"] == "run-1"  # and terraform's is free
    # What `init` keeps of the backend has this name too.
    assert not any(b'"instances"' in path.read_bytes() for path in worker.folder.rglob("*.tfstate"))


def test_plan_and_apply_may_have_different_passwords(remote: Elsewhere, worker: World) -> None:
    planned = worker.planned(served=remote.served)
    fresh = remote.again()
    worker.apply(planned, served=fresh)
    assert len(remote.world.json("state", "list", "app")) == 1


def test_no_password_is_in_the_plan_the_record_of_init_or_the_log(remote: Elsewhere, worker: World) -> None:
    worker.planned(served=remote.served)
    files = [path for path in worker.folder.rglob("*") if path.is_file()]
    assert any(path.name == "terraform.tfstate" for path in files)  # the record of the backend
    assert not any(remote.served.password.encode() in path.read_bytes() for path in files)


def test_a_state_that_the_server_did_not_take_is_told_with_the_command_that_saves_it(
    remote: Elsewhere, worker: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = worker.planned(served=remote.served)
    with monkeypatch.context() as refusing:
        refusing.setattr(failpoint, "_ARMED", {"state.before_row": ("ENOSPC", 0)})
        failed = worker.apply(planned, served=remote.served)
    assert isinstance(failed, EngineError)
    (saved,) = failed.salvaged
    assert len(json.loads(saved.read_text())["resources"]) == 1
    told = " ".join(f"{one.summary} {one.detail}" for one in failed.diagnostics)
    assert f"driftline state push app {saved}" in told


def test_the_backend_is_put_back_before_each_command(remote: Elsewhere, worker: World) -> None:
    planned = worker.planned(served=remote.served)
    (worker.module / FILE).write_text('resource "terraform_data" "evil" {}\n')
    worker.apply(planned, served=remote.served)
    assert (worker.module / FILE).read_bytes() == CONTENT
    assert not worker.planned(served=remote.served).changed


def test_nothing_of_a_stack_or_a_context_decides_where_its_state_is(worker: World) -> None:
    served = ServedState("https://here/api/v1/state/app", "run-1", "secret")
    evil = {"TF_HTTP_ADDRESS": "https://evil", "TF_HTTP_SKIP_CERT_VERIFICATION": "true", "KEPT": "1"}
    execution = replace(worker.execution(), stack=StackDefinition(name="app", env=evil))
    found = child_environment(
        ENGINES["terraform"],
        execution.stack,
        execution.workspace,
        cli_config=Path("/cli"),
        base=evil,
        contexts=evil,
        credentials={},
        served=served,
    )
    assert found["TF_HTTP_ADDRESS"] == found["TF_HTTP_LOCK_ADDRESS"] == served.address
    assert "TF_HTTP_SKIP_CERT_VERIFICATION" not in found
    assert found["KEPT"] == "1"


def test_a_stack_with_a_workspace_of_terraform_cannot_be_served() -> None:
    assert can_be_served(StackDefinition(name="app"))
    assert not can_be_served(StackDefinition(name="app", terraform_workspace="blue"))


def test_terraform_itself_has_no_workspaces_over_http(worker: World) -> None:
    folder = worker.outside / "bare"
    folder.mkdir()
    (folder / FILE).write_bytes(CONTENT)
    refused = terraform(
        "init", "-input=false", cwd=folder, TF_HTTP_ADDRESS="http://127.0.0.1:9/x", TF_WORKSPACE="blue"
    )
    assert "workspaces not supported" in refused.stdout + refused.stderr
