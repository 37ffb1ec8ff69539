"""The engines that are installed: what is named, met twice, refused, and how seldom a program is started."""

import json
import os
from pathlib import Path

import pytest
from engine_world import World
from wrapped import program

from runner.engine.versions.exposure import refuse_exposed
from runner.engine.versions.inventory import Inventory
from runner.errors import ApprovalVoid, EngineExposed, EngineVersion
from runner.model.approval.binding import BoundEngine
from runner.model.engine.choice import Installed
from runner.model.settings.server import EngineSettings, EnginesSettings, TerraformSettings, TofuSettings
from runner.model.stack.definition import StackDefinition
from runner.model.stack.engine_wants import EngineWants, Requirement

PLANS = """case "$1" in plan) for word in "$@"; do case "$word" in -out=*) echo > "${word#-out=}" ;; esac; done ;; esac"""


def engine(folder: Path, version: str, name: str = "terraform", does: str = PLANS) -> Path:
    """A stand-in that notes its starts, and answers as the engine does."""
    product = {"terraform": "Terraform", "tofu": "OpenTofu"}[name]
    says = (
        f'echo "$1" >> {folder}/started\n[ "$1" = version ] && {{ echo "{product} v{version}"; echo; exit; }}'
    )
    return program(folder / version / name, f"{says}\n{does}")


def inventory(
    tmp_path: Path, *binaries: str, binary: str | None = None, engine: str = "terraform"
) -> Inventory:
    settings = EnginesSettings(**{engine: EngineSettings(binary, binaries)})  # type: ignore[arg-type]
    return Inventory(tmp_path / "data", settings, {"PATH": os.defpath})


def versions(found: tuple[Installed, ...]) -> list[str]:
    return [one.version for one in found]


def started(folder: Path) -> list[str]:
    notes = folder / "started"
    words = notes.read_text().split() if notes.exists() else []
    notes.unlink(missing_ok=True)
    return words


def test_a_glob_names_engines_in_the_order_of_their_versions(tmp_path: Path) -> None:
    for version in ("1.9.8", "1.10.0", "1.5.7"):
        engine(tmp_path / "opt", version)
    found = inventory(tmp_path, f"{tmp_path}/opt/*/terraform").look("terraform")
    assert versions(found) == ["1.5.7", "1.9.8", "1.10.0"]
    assert found[0].path == f"{tmp_path}/opt/1.5.7/terraform"
    assert not any(one.default for one in found)


def test_files_met_twice_count_once_and_the_default_stays_the_default(tmp_path: Path) -> None:
    real = engine(tmp_path / "opt", "1.11.4")
    (tmp_path / "opt/latest").symlink_to("1.11.4")
    found = inventory(
        tmp_path, f"{tmp_path}/opt/*/terraform", str(real), binary=f"{tmp_path}/opt/latest/terraform"
    )
    assert found.look("terraform") == (Installed("terraform", "1.11.4", str(real), default=True),)


def test_an_installed_program_is_started_once_and_never_again_by_another_process(tmp_path: Path) -> None:
    for version in ("1.9.8", "1.10.0"):
        engine(tmp_path / "opt", version)
    named = f"{tmp_path}/opt/*/terraform"
    inventory(tmp_path, named).look("terraform")
    assert started(tmp_path / "opt") == ["version", "version"]
    inventory(tmp_path, named).look("terraform")
    assert started(tmp_path / "opt") == []
    engine(tmp_path / "opt", "1.11.4")
    assert versions(inventory(tmp_path, named).look("terraform")) == ["1.9.8", "1.10.0", "1.11.4"]
    assert started(tmp_path / "opt") == ["version"]


def test_one_refused_file_takes_only_itself_out(tmp_path: Path) -> None:
    engine(tmp_path / "opt", "1.9.8")
    tofu = engine(tmp_path / "opt", "1.10.6", "tofu")
    tofu.rename(tofu.with_name("terraform"))
    found = inventory(tmp_path, f"{tmp_path}/opt/*/terraform").look("terraform")
    assert versions(found) == ["1.9.8", ""]
    assert found[1].problem == (
        f"engines.terraform.binaries: {tmp_path}/opt/1.10.6/terraform is OpenTofu 1.10.6"
    )
    assert found[1].error is not None
    assert "engines.tofu.binaries" in found[1].error.hint


def test_brackets_in_a_path_are_only_brackets(tmp_path: Path) -> None:
    engine(tmp_path / "[a]", "1.9.8")
    assert versions(inventory(tmp_path, f"{tmp_path}/[a]/*/terraform").look("terraform")) == ["1.9.8"]


def test_a_default_that_is_missing_is_listed_with_its_problem(tmp_path: Path) -> None:
    (found,) = inventory(tmp_path, binary="terraform-nowhere").look("terraform")
    assert (found.default, found.problem) == (
        True,
        "engines.terraform.binary was not found: terraform-nowhere",
    )
    assert inventory(tmp_path).look("terraform") == ()


def test_the_record_keeps_256_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.engine.versions.record.KEPT", 2)
    for version in ("1.1.1", "1.2.2", "1.3.3"):
        engine(tmp_path / "opt", version)
    inventory(tmp_path, f"{tmp_path}/opt/*/terraform").look("terraform")
    assert len(json.loads((tmp_path / "data/inventory.json").read_text())) == 2


@pytest.mark.parametrize("exposed", ["file", "folder", "link's folder"])
def test_a_program_that_everybody_may_exchange_is_refused(tmp_path: Path, exposed: str) -> None:
    real = engine(tmp_path / "opt", "1.9.8")
    link = tmp_path / "links" / "terraform"
    link.parent.mkdir()
    link.symlink_to(real)
    place = {"file": real, "folder": real.parent, "link's folder": link.parent}[exposed]
    place.chmod(0o777)
    (found,) = inventory(tmp_path, binary=str(link)).look("terraform")
    assert found.problem == (
        f"engines.terraform.binary: {link} may be exchanged by others: {place} is writable for everybody"
    )
    assert isinstance(found.error, EngineExposed)
    assert found.error.hint == f"chmod o-w {place}"
    assert started(tmp_path / "opt") == []


def test_a_program_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = engine(tmp_path / "opt", "1.9.8")
    if os.geteuid() == 0:
        os.chown(binary, 12345, 0)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(EngineExposed, match="belongs to uid"):
        refuse_exposed(binary, engine="terraform", key="binary", path=str(binary))


def several(world: World, *names: str, default: str | None = None) -> Path:
    opt = world.outside / "opt"
    for version in names:
        engine(opt, version)
    binary = None if default is None else f"{opt}/{default}/terraform"
    world.engines = EnginesSettings(terraform=TerraformSettings(binary, (f"{opt}/*/terraform",)))
    return opt


def test_a_stack_is_planned_with_the_version_that_it_wants(world: World) -> None:
    several(world, "1.9.8", "1.11.4", default="1.11.4")
    assert world.planned().engine_version == "1.11.4"
    world.stack = StackDefinition(name="prod/app", engine_version="~> 1.9.0")
    planned = world.planned()
    assert (planned.engine_version, planned.facts.version) == ("1.9.8", "1.9.8")


def test_what_the_code_requires_decides_too(world: World) -> None:
    several(world, "1.9.8", "1.11.4", default="1.11.4")
    execution = world.execution()
    wants = EngineWants(None, (Requirement("< 1.10", "main.tf"),))
    object.__setattr__(execution, "wants", wants)
    planned = world.plan_in(execution)
    assert getattr(planned, "engine_version", planned) == "1.9.8"


def test_a_stack_that_no_engine_fits_starts_none(world: World) -> None:
    opt = several(world, "1.9.8", "1.11.4")
    world.stack = StackDefinition(name="prod/app", engine_version="1.10")
    with pytest.raises(EngineVersion, match=r"and only 1\.9\.8, 1\.11\.4 are installed") as refused:
        world.plan()
    assert '"~> 1.10.0"' in refused.value.hint
    assert started(opt) == ["version", "version"]


def bound(world: World, version: str) -> BoundEngine:
    found = next(one for one in world.engine.installed("terraform") if one.version == version)
    return BoundEngine("terraform", version, world.engine.digest(found))


def test_a_plan_is_applied_by_the_bytes_that_made_it_though_a_newer_patch_came(world: World) -> None:
    opt = several(world, "1.11.3")
    made_by = bound(world, "1.11.3")
    engine(opt, "1.11.4")
    assert world.planned().engine_version == "1.11.4"
    assert world.planned(bound=made_by).engine_version == "1.11.3"


@pytest.mark.parametrize("how", ["removed", "exchanged"])
def test_a_plan_whose_program_is_gone_has_to_be_made_again(world: World, how: str) -> None:
    opt = several(world, "1.11.3", "1.11.4")
    made_by = bound(world, "1.11.3")
    if how == "removed":
        (opt / "1.11.3/terraform").unlink()
    else:
        engine(opt, "1.11.3", does="# other bytes")
    with pytest.raises(ApprovalVoid) as void:
        world.plan(bound=made_by)
    program_ = f"terraform 1.11.3, sha256 {made_by.binary[:12]}"
    assert f"the engine's binary is no longer installed ({program_})" in void.value.message
    assert void.value.hint == "driftline plan prod/app"


def test_a_plan_whose_program_is_no_longer_wanted_has_to_be_made_again(world: World) -> None:
    several(world, "1.11.3", "1.11.4")
    made_by = bound(world, "1.11.3")
    world.stack = StackDefinition(name="prod/app", engine_version="1.11.4")
    with pytest.raises(ApprovalVoid, match=r"may no longer be used \(.*wants terraform 1\.11\.4"):
        world.plan(bound=made_by)


LOCK = 'provider "registry.terraform.io/hashicorp/local" {\n  version = "2.9.0"\n}\n'
DENIED = '{"@level":"error","@message":"Error: Provider dependency changes detected","type":"diagnostic","diagnostic":{"severity":"error","summary":"Provider dependency changes detected","detail":"x"}}'


def test_a_lock_file_of_the_other_engine_is_named_with_what_to_do(world: World) -> None:
    binary = engine(
        world.outside / "opt", "1.10.6", "tofu", f"[ \"$1\" = init ] && {{ echo '{DENIED}'; exit 1; }}"
    )
    world.engines = EnginesSettings(tofu=TofuSettings(str(binary)))
    world.stack = StackDefinition(name="prod/app", engine="tofu", path="app")
    world.write({"app/main.tf": "", "app/.terraform.lock.hcl": LOCK})
    (first, *_) = world.failed().diagnostics
    assert first.summary == (
        ".terraform.lock.hcl was written by Terraform: run `tofu init` in app and commit the file"
    )
    world.write({"app/.terraform.lock.hcl": LOCK.replace("terraform.io", "opentofu.org")})
    assert world.failed().diagnostics[0].summary == "Provider dependency changes detected"
