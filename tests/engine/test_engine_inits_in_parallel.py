"""Inits of different stacks work beside each other: none waits for one that hangs, none fails for another's sake."""

import hashlib
import os
import shutil
import socket
import threading
import time
import zipfile
from pathlib import Path

import pytest
from engine_world import World, needs_terraform, short
from provider.mirror import platform_dir

from runner.engine.initialised.plugins import checksum, lay_out, publish
from runner.model.settings.server import EnginesSettings
from runner.model.stack.definition import StackDefinition
from runner.ports.engine import EngineError, Execution, Planned

REQUIRED = 'terraform {\n  required_providers {\n    cloudfile = { source = "driftline/cloudfile" }\n  }\n}\n'
BALLAST = 8_000_000
PACKAGE = Path("registry.terraform.io", "driftline", "cloudfile", "1.0.0", platform_dir())


@pytest.fixture(scope="module")
def slow_mirror(packed_mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its package takes a moment to unpack, as those of the large providers do."""
    folder = tmp_path_factory.mktemp("slow") / "mirror"
    shutil.copytree(packed_mirror, folder)
    [package] = folder.rglob("*.zip")
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr("ballast", os.urandom(BALLAST))
    return folder


@pytest.fixture
def mirrored(world: World, packed_mirror: Path) -> World:
    world.engines = EnginesSettings(plugin_mirror=packed_mirror, offline=True)
    return world


def stack(world: World, name: str, code: str = REQUIRED) -> Execution:
    world.write({f"{name}/main.tf": code})
    world.stack = StackDefinition(name=name, path=name)
    return world.execution()


def shared(world: World) -> Path:
    return world.folder / "engine" / "plugins" / PACKAGE


def at_once(world: World, executions: list[Execution]) -> list[object]:
    outcomes: list[object] = []
    threads = [
        threading.Thread(target=lambda e=execution: outcomes.append(world.engine.plan(e)))
        for execution in executions
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.repeats
@needs_terraform
@pytest.mark.parametrize("time", range(3))
def test_four_stacks_install_the_same_provider_at_once(mirrored: World, slow_mirror: Path, time: int) -> None:
    mirrored.engines = EnginesSettings(plugin_mirror=slow_mirror, offline=True)
    outcomes = at_once(mirrored, [stack(mirrored, f"s{number}") for number in range(4)])
    assert [type(outcome) for outcome in outcomes] == [Planned] * 4, outcomes
    # One copy for all of them.
    for number in range(4):
        [installed] = mirrored.folder.glob(f"workspaces/s{number}*/data/providers/{PACKAGE}")
        assert installed.resolve() == shared(mirrored)


@needs_terraform
def test_four_stacks_of_one_module_without_a_lock_file_initialise_at_once(mirrored: World) -> None:
    mirrored.write({"main.tf": REQUIRED})
    executions = []
    for number in range(4):
        mirrored.stack = StackDefinition(name=f"s{number}")
        executions.append(mirrored.execution())
    outcomes = at_once(mirrored, executions)
    assert [type(outcome) for outcome in outcomes] == [Planned] * 4, outcomes


@needs_terraform
def test_an_init_whose_backend_never_answers_delays_no_other(mirrored: World) -> None:
    mirrored.timeouts = short(init=60)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/state"
        backend = (
            f'terraform {{\n  backend "http" {{\n    address = "{address}"\n    retry_max = 0\n  }}\n}}\n'
        )
        mirrored.managed = False
        hung = stack(mirrored, "hung", REQUIRED + backend)
        mirrored.managed = True
        good = stack(mirrored, "good")
        outcomes: list[object] = []
        hanging = threading.Thread(target=lambda: outcomes.append(mirrored.engine.plan(hung)))
        hanging.start()
        connection, _ = silent.accept()  # its init waits for an answer now
        began = time.monotonic()
        planned = mirrored.engine.plan(good)
        took = time.monotonic() - began
        assert isinstance(planned, Planned), planned
        assert hanging.is_alive()
        assert took < 10
        connection.close()
        hanging.join()
    [failed] = outcomes
    assert isinstance(failed, EngineError)
    assert failed.command == "init"
    assert not hung.workspace.data.with_name("plugins").exists()


@needs_terraform
def test_an_init_without_a_lock_file_leaves_an_installed_provider_alone(mirrored: World) -> None:
    # Unpacking it again would fail while another stack runs it ("text file busy"), or hand it half a file.
    assert isinstance(mirrored.engine.plan(stack(mirrored, "one")), Planned)
    [binary] = shared(mirrored).glob("terraform-provider-*")
    before = binary.stat().st_mtime_ns
    assert isinstance(mirrored.engine.plan(stack(mirrored, "two")), Planned)
    assert binary.stat().st_mtime_ns == before


@needs_terraform
def test_an_init_with_a_foreign_lock_file_leaves_installed_providers_alone(
    mirrored: World, packed_mirror: Path
) -> None:
    # It has no checksum of what is installed, so terraform unpacks the package again and verifies that.
    assert isinstance(mirrored.engine.plan(stack(mirrored, "one")), Planned)
    [binary] = shared(mirrored).glob("terraform-provider-*")
    before = binary.stat().st_mtime_ns
    [package] = packed_mirror.rglob("*.zip")
    zipped = hashlib.sha256(package.read_bytes()).hexdigest()
    execution = stack(mirrored, "two")
    lock = (mirrored.folder / "trees/infra/main/one/.terraform.lock.hcl").read_text()
    (execution.workspace.module / ".terraform.lock.hcl").write_text(
        lock.replace(checksum(shared(mirrored)), f"zh:{zipped}")
    )
    outcome = mirrored.engine.plan(execution)
    assert isinstance(outcome, Planned), outcome
    assert binary.stat().st_mtime_ns == before
    # What it has unpacked is the same, so it shares that after all.
    [installed] = execution.workspace.data.glob(f"providers/{PACKAGE}")
    assert installed.resolve() == shared(mirrored)


@needs_terraform
def test_our_checksum_is_the_one_of_lock_files(mirrored: World) -> None:
    execution = stack(mirrored, "one")
    assert isinstance(mirrored.engine.plan(execution), Planned)
    assert (
        f'"{checksum(shared(mirrored))}"' in (execution.workspace.module / ".terraform.lock.hcl").read_text()
    )


def package(cache: Path, content: str) -> Path:
    made = cache / PACKAGE
    made.mkdir(parents=True)
    (made / "terraform-provider-x").write_text(content)
    return made


def test_who_comes_second_takes_the_package_of_the_first(tmp_path: Path) -> None:
    caches = [tmp_path / "one", tmp_path / "two"]
    for cache in caches:
        package(cache, "same")
        publish(tmp_path / "shared", cache)
    assert [(cache / PACKAGE).resolve() for cache in caches] == [tmp_path / "shared" / PACKAGE] * 2


def test_a_package_with_other_contents_stays_with_its_stack(tmp_path: Path) -> None:
    package(tmp_path / "shared", "theirs")
    package(tmp_path / "own", "ours")
    publish(tmp_path / "shared", tmp_path / "own")
    assert (tmp_path / "own" / PACKAGE / "terraform-provider-x").read_text() == "ours"
    assert (tmp_path / "shared" / PACKAGE / "terraform-provider-x").read_text() == "theirs"


def test_half_a_package_of_an_init_that_died_is_neither_used_nor_shared(tmp_path: Path) -> None:
    package(tmp_path / "own", "half")
    lay_out(tmp_path / "shared", tmp_path / "own", tmp_path / "no lock file")
    assert not (tmp_path / "own" / PACKAGE).exists()
    assert not (tmp_path / "shared").exists()
