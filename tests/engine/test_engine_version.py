"""Versions: what a binary is, and how seldom it is asked."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from engine_world import World, counted, fake, needs_terraform, wait_until
from wrapped import program

from runner.engine.versions.version import Versions
from runner.errors import EngineCannotAnswer, EngineMissing, EngineVersion, OutputNotUnderstood, Timeout
from runner.model.code.engines import ENGINES
from runner.model.settings.server import EnginesSettings, TofuSettings
from runner.model.stack.definition import StackDefinition
from runner.ports.engine import Planned

TERRAFORM = ENGINES["terraform"]


def test_a_version_is_asked_for_once_and_again_when_the_binary_changes(tmp_path: Path) -> None:
    notes = tmp_path / "notes"

    def install(version: str) -> Path:
        return program(tmp_path / "tf", f'echo x >> {notes}; echo \'{{"terraform_version": "{version}"}}\'')

    binary = install("1.11.4")
    env = {"PATH": os.defpath}
    assert Versions(tmp_path / "engine").of(TERRAFORM, binary, env) == "1.11.4"
    assert Versions(tmp_path / "engine").of(TERRAFORM, binary, env) == "1.11.4"
    assert notes.read_text() == "x\n"
    binary.unlink()
    assert Versions(tmp_path / "engine").of(TERRAFORM, install("1.12.0-beta1"), env) == "1.12.0-beta1"


def test_a_damaged_record_of_versions_is_made_again(tmp_path: Path) -> None:
    binary = program(tmp_path / "tf", 'echo \'{"terraform_version": "1.2.3"}\'')
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "inventory.json").write_text("{")
    assert Versions(tmp_path / "engine").of(TERRAFORM, binary, {}) == "1.2.3"


def test_a_program_that_is_no_terraform_is_not_taken_for_one(tmp_path: Path) -> None:
    binary = program(tmp_path / "tf", "echo hello")
    with pytest.raises(OutputNotUnderstood, match="terraform version"):
        Versions(tmp_path / "engine").of(TERRAFORM, binary, {})


def test_an_engine_that_is_not_installed_is_named(world: World) -> None:
    world.use(world.folder / "nowhere" / "terraform")
    with pytest.raises(EngineMissing, match="nowhere/terraform"):
        world.plan()


def test_a_stack_that_wants_another_version_is_not_planned(world: World, tmp_path: Path) -> None:
    world.use(fake(tmp_path, "touch ran", version="1.9.8"))
    world.stack = StackDefinition(name="prod/app", engine_version="~> 1.11.0")
    with pytest.raises(
        EngineVersion, match=r"wants terraform ~> 1\.11\.0 \(engine_version\), and only 1\.9\.8 is installed"
    ):
        world.plan()
    assert not (world.module / "ran").exists()


@needs_terraform
def test_a_second_engine_object_asks_no_terraform_for_its_version(world: World, tmp_path: Path) -> None:
    binary, calls = counted(tmp_path)
    world.use(binary)
    world.planned()
    assert calls() == ["version", "init", "plan", "show"]
    world.applied(world.planned())
    calls()
    # A new engine each time, as in a new process: one terraform for a stack that stands still.
    assert world.planned().changed is False
    assert calls() == ["plan"]


def test_tofu_is_the_other_row_of_the_table(world: World, tmp_path: Path) -> None:
    script = """
case "$1" in
  version) echo '{"terraform_version": "1.10.0"}' ;;
  init) case "$*" in *-var-file=*) ;; *) exit 9 ;; esac
    echo '{"type":"init_output","@message":"Initializing the backend..."}' ;;
  plan) for word in "$@"; do case "$word" in -out=*) touch "${word#-out=}" ;; esac; done
    echo '{"type":"version","tofu":"1.10.0","@message":"OpenTofu 1.10.0"}' ;;
esac
"""
    binary = program(tmp_path / "bin" / "tofu", script)
    world.engines = EnginesSettings(tofu=TofuSettings(str(binary)))
    world.stack = StackDefinition(
        name="prod/app", engine="tofu", engine_version=">= 1.10", vars={"word": "x"}
    )
    planned = world.planned()
    assert isinstance(planned, Planned)
    assert (planned.engine_version, planned.changed) == ("1.10.0", False)
    assert "== tofu plan\nOpenTofu 1.10.0\n" in world.log


def test_a_binary_that_hangs_when_asked_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.engine.versions.asking.DEADLINE", 0.3)
    binary = program(tmp_path / "tf", "exec /bin/sleep 1000")
    with pytest.raises(Timeout, match="took longer than"):
        Versions(tmp_path / "engine").of(TERRAFORM, binary, {"PATH": os.defpath})


def test_a_binary_that_hangs_delays_nobody_who_uses_another(tmp_path: Path) -> None:
    began, go_on = tmp_path / "began", tmp_path / "go-on"
    hung = program(
        tmp_path / "hung", f"/bin/touch {began}\nwhile [ ! -e {go_on} ]; do /bin/sleep 0.02; done\nexit 1"
    )
    good = program(tmp_path / "good", 'echo \'{"terraform_version": "1.2.3"}\'')
    versions, env = Versions(tmp_path / "engine"), {"PATH": os.defpath}
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(versions.of, TERRAFORM, hung, env)
        wait_until(began.exists, "it is asked")
        assert versions.of(TERRAFORM, good, env) == "1.2.3"
        assert not asked.done()
        go_on.touch()
        assert isinstance(asked.exception(), EngineCannotAnswer)
