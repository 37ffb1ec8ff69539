"""Several versions of an engine, from the configuration to the apply. Stand-ins are the real terraform under another name."""

import re
import shutil
from pathlib import Path

import pytest
from cli_world import World
from wrapped import program

REAL = shutil.which("terraform") or "terraform"


def install(opt: Path, version: str) -> Path:
    """The real terraform, which calls itself by this version."""
    return program(
        opt / version / "terraform",
        f"""[ "$1" = version ] && {{ echo "Terraform v{version}"; echo on linux; exit; }}
{REAL} "$@" > "$TMPDIR/said.$$"; code=$?
while IFS= read -r line || [ -n "$line" ]; do case "$line" in
*'"type":"version"'*) echo '{{"@level":"info","@message":"Terraform {version}","terraform":"{version}","type":"version"}}' ;;
*) printf '%s\\n' "$line" ;; esac; done < "$TMPDIR/said.$$"
exit $code""",
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two versions, of which 1.11.4 is the default."""
    opt = tmp_path / "opt"
    for version in ("1.9.8", "1.11.4"):
        install(opt, version)
    more = f"engines: {{terraform: {{binary: {opt}/1.11.4/terraform, binaries: ['{opt}/*/terraform']}}}}\n"
    return World(tmp_path, more)


def versions(world: World) -> dict[str, str]:
    return {run["stack"]: run["engine_version"] for run in world.json("run", "list")}


def started_with(log: str) -> set[str]:
    return set(re.findall(r"Terraform (\d[\w.-]+)", log))


def test_a_version_file_picks_the_engine_that_plans_and_applies(world: World) -> None:
    world.commit({"infra/.terraform-version": "~> 1.9.0 # as in production\n"})
    world.stack("infra/old")
    world.stack("new")
    world.run("daemon", "--once")
    assert versions(world) == {"infra/old": "1.9.8", "new": "1.11.4"}
    (run,) = [run["id"] for run in world.json("run", "list") if run["stack"] == "infra/old"]
    world.approve(run)
    install(world.root / "opt", "1.9.9")
    world.run("apply", run)
    assert started_with(world.run("logs", run).stdout) == {"1.9.8"}
    assert world.json("stack", "show", "infra/old")["sync"] == "synced"


def test_a_new_patch_beside_the_old_one_plans_nothing(world: World) -> None:
    world.stack("app", 'engine_version: "~> 1.9.0"\n')
    world.run("daemon", "--once")
    runs = world.json("run", "list")
    install(world.root / "opt", "1.9.9")
    world.run("daemon", "--once")
    assert world.json("run", "list") == runs


def test_a_plan_whose_engine_is_gone_is_planned_again(world: World) -> None:
    world.stack("app", 'engine_version: "~> 1.9.0"\n')
    world.run("daemon", "--once")
    world.approve("run-1")
    install(world.root / "opt", "1.9.9")
    shutil.rmtree(world.root / "opt/1.9.8")
    refused = world.run("apply", "run-1", expect=None)
    told = refused.stdout + refused.stderr + str(world.json("run", "show", "run-1"))
    assert "the engine's binary is no longer installed (terraform 1.9.8, sha256 " in told
    assert world.json("run", "show", "run-1")["state"] != "applied"


def test_a_stack_that_no_engine_fits_waits_and_goes_on_by_itself(world: World) -> None:
    world.stack("app", 'engine_version: "1.10.5"\n')
    told = world.run("daemon", "--once", expect=None)
    assert (
        "it wants terraform 1.10.5 (engine_version), and only 1.9.8, 1.11.4 are installed"
        in told.stdout + told.stderr
    )
    assert world.json("run", "list") == []
    install(world.root / "opt", "1.10.5")
    world.run("daemon", "--once")
    assert versions(world) == {"app": "1.10.5"}


def test_engine_list_shows_every_program_and_the_stacks_that_get_it(world: World) -> None:
    world.stack("app", 'engine_version: "~> 1.9.0"\n')
    world.stack("other")
    world.run("daemon", "--once")
    install(world.root / "opt", "1.8.0").chmod(0o777)
    rows = [row for row in world.json("engine", "list") if row["engine"] == "terraform"]
    assert [(row["version"], row["default"], row["stacks"]) for row in rows] == [
        ("1.11.4", True, 1),
        ("1.9.8", False, 1),
        (None, False, 0),
    ]
    assert all(len(row["sha256"]) == 64 for row in rows[:2])
    assert "is writable for everybody" in rows[2]["problem"]
    shown = world.run("engine", "list").stdout
    assert "older than 1.14.9: a module address may read any file" in shown
    assert "refused: engines.terraform.binaries: " in shown


def test_a_default_that_is_nowhere_on_path_is_not_called_refused(world: World) -> None:
    world.config.write_text(
        world.config.read_text().replace("engines: {", "engines: {tofu: {binary: nowhere-tofu}, ")
    )
    [row] = [line for line in world.run("engine", "list").stdout.splitlines() if "nowhere-tofu" in line]
    assert row.endswith("not found on PATH")


def test_no_list_starts_an_engine_that_is_on_record(world: World) -> None:
    world.stack("app")
    world.run("daemon", "--once")
    world.json("engine", "list")
    for version in ("1.9.8", "1.11.4"):
        binary = world.root / "opt" / version / "terraform"
        about = binary.stat()
        assert f" {about.st_ino} " in (world.root / "data/engine/inventory.json").read_text()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runner.engine.versions.asking.run", lambda *_: pytest.fail("started"))
        world.json("engine", "list")
        world.json("stack", "list")
        world.json("stack", "show", "app")


def test_stack_show_says_what_asks_for_the_version(world: World) -> None:
    world.commit({"infra/.terraform-version": "1.9.8\n"})
    world.stack("infra/app", module='terraform {{\n  required_version = ">= 1.5"\n}}\n# {cloud}\n')
    world.run("daemon", "--once")
    assert (
        "terraform 1.9.8 at its last run and the next, workspace default;"
        " infra/.terraform-version asks for 1.9.8, infra/app/main.tf for >= 1.5"
    ) in world.run("stack", "show", "infra/app").stdout


def test_the_doctor_names_the_versions_and_the_stacks_that_none_fits(world: World) -> None:
    world.stack("app", 'engine_version: "~> 1.9.0"\n')
    world.run("daemon", "--once")
    told = world.run("doctor", expect=None).stdout
    assert f"terraform 1.11.4 ({world.root}/opt/1.11.4/terraform) has known holes: a module address" in told
    assert "; also installed: 1.9.8" in told
    for version in ("1.9.8", "1.11.4"):
        assert f"terraform {version} ({world.root}/opt/{version}/terraform) is a script" in told
    assert "1 stack uses 1.9.8, which has known holes: a module address" in told
    shutil.rmtree(world.root / "opt/1.9.8")
    assert (
        "1 stack wants a version that is not installed: app (~> 1.9.0 (engine_version))"
        in world.run("doctor", expect=None).stdout
    )


def test_an_older_engine_than_that_of_the_last_apply_is_a_guard_rail(world: World) -> None:
    world.stack("app", "apply: {mode: automatic}\n")
    world.applied("app")
    world.cloud.write_text("changed\n")
    world.stack("app", 'apply: {mode: automatic}\nengine_version: "~> 1.9.0"\n')
    world.run("daemon", "--once")
    (run, *_) = world.json("run", "list")
    assert (run["state"], run["engine_version"]) == ("awaiting_approval", "1.9.8")
    page = world.json("run", "show", run["id"])
    assert "the engine goes back: 1.9.8, last applied with 1.11.4" in page["binding"]["guard_rails"]
    digest = page["plan_digest"][:12]
    asked = world.run("approve", run["id"], "--digest", digest, "--yes", expect=3)
    assert "the engine goes back: 1.9.8, last applied with 1.11.4" in asked.stderr


def test_run_show_names_the_engine_with_its_version(world: World) -> None:
    world.stack("app")
    world.run("daemon", "--once")
    assert " with terraform 1.11.4" in world.run("run", "show", "run-1").stdout


def test_a_state_that_a_newer_engine_wrote_elsewhere_is_a_guard_rail(world: World) -> None:
    """Stand-ins write the version of the real terraform into states."""
    world.stack("app", 'engine_version: "~> 1.9.0"\n')
    world.applied("app")
    world.cloud.write_text("changed\n")
    world.run("plan", "app")
    (run, *_) = world.json("run", "list")
    found = world.json("run", "show", run["id"])["binding"]["guard_rails"]
    assert any(one.startswith("the engine goes back: 1.9.8, the state was written by ") for one in found)


def test_stack_show_says_the_version_of_the_next_plan(world: World) -> None:
    world.stack("app")
    world.run("daemon", "--once")
    install(world.root / "opt", "1.9.9")
    world.stack("app", 'engine_version: "~> 1.9.0"\n')
    world.run("source", "sync", expect=None)
    page = world.json("stack", "show", "app")
    assert page["engine_next"] == "1.9.9"
    shown = world.run("stack", "show", "app").stdout
    assert "terraform 1.11.4 at its last run, 1.9.9 at the next, workspace default" in shown
    for version in ("1.9.8", "1.9.9"):
        shutil.rmtree(world.root / "opt" / version)
    assert world.json("stack", "show", "app")["engine_next"] == "none: only 1.11.4 is installed"


def test_a_new_stack_that_no_engine_fits_says_that_one_may_be_installed(world: World) -> None:
    world.stack("app", 'engine_version: "~> 1.3.0"\n')
    world.run("source", "sync", expect=None)
    assert "or install the engine that it wants" in world.run("stack", "show", "app").stdout


def test_a_missing_default_is_one_problem_of_its_stacks_and_no_run_of_each(world: World) -> None:
    (world.root / "opt/1.11.4/terraform").rename(world.root / "kept")
    world.stack("app")
    world.stack("old", 'engine_version: "~> 1.9.0"\n')
    told = world.run("daemon", "--once", expect=None)
    missing = f"{world.root}/opt/1.11.4/terraform"
    assert (
        f"it wants terraform, and engines.terraform.binary was not found: {missing}"
        in told.stdout + told.stderr
    )
    assert versions(world) == {"old": "1.9.8"}
    assert f"engines.terraform.binary was not found: {missing}" in world.run("doctor", expect=None).stdout
    assert f"engines.terraform.binary: {missing} does not exist" in world.run("config", "validate").stderr
    (world.root / "kept").rename(world.root / "opt/1.11.4/terraform")
    world.run("daemon", "--once")
    assert versions(world) == {"old": "1.9.8", "app": "1.11.4"}
