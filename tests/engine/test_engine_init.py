"""When `init` is run, and when it is skipped."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from engine_world import World, counted, needs_terraform, terraform

from runner.engine.initialised.needed import InitInputs, up_to_date
from runner.engine.initialised.seal import MANIFEST
from runner.engine.initialised.sealing import seal
from runner.engine.modules.code_files import Code
from runner.model.settings.server import EnginesSettings
from runner.model.stack.definition import StackDefinition

MAIN = """terraform {
  required_version = ">= 1.0"
}
module "a" {
  source = "../mod"
  size   = 3
}
resource "terraform_data" "a" {
  input = 1
}
"""


@pytest.fixture
def inputs(tmp_path: Path) -> InitInputs:
    tree, data = tmp_path / "tree", tmp_path / "own" / "data"
    for folder in (tree / "root", tree / "mod", data / "modules" / "g"):
        folder.mkdir(parents=True)
    (tree / "root" / "main.tf").write_text(MAIN)
    (tree / "mod" / "main.tf").write_text('variable "size" {}\nresource "terraform_data" "m" {}\n')
    (data / "modules" / "modules.json").write_text(
        '{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"a","Source":"../mod","Dir":"../mod"},'
        f'{{"Key":"g","Source":"git::x","Dir":"{data}/modules/g"}}]}}'
    )
    code = Code(tree / "root", tree, (".tf", ".tf.json"))
    made = InitInputs(code, data, "terraform 1.11.4", b"config", {"key": "k"}, "default", b"vars")
    seal(made, sealed(made), ())
    return made


def sealed(inputs: InitInputs) -> Path:
    return inputs.data.with_name("sealed")


def is_skipped(inputs: InitInputs) -> bool:
    return up_to_date(inputs, sealed(inputs)) is not None


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def add(path: Path, text: str) -> None:
    path.write_text((path.read_text() if path.exists() else "") + text)


def move_the_resource(tree: Path) -> None:
    resource = MAIN[MAIN.index("resource") :]
    edit(tree / "root/main.tf", resource, "")
    add(tree / "root/more.tf", resource)


def damage_the_manifest(tree: Path) -> None:
    (one,) = (tree.parent / "own" / "sealed").iterdir()
    add(one / MANIFEST, " ")


def rename_the_copy(tree: Path) -> None:
    (one,) = (tree.parent / "own" / "sealed").iterdir()
    one.rename(one.with_name("0" * 64))


def link_the_module(tree: Path) -> None:
    (tree / "mod").rename(tree.parent / "elsewhere")
    (tree / "mod").symlink_to(tree.parent / "elsewhere")


UNIMPORTANT: dict[str, Callable[[Path], None]] = {
    "nothing": lambda tree: None,
    "a resource's value": lambda tree: edit(tree / "root/main.tf", "input = 1", "input = 2"),
    "another resource of a known type": lambda tree: add(
        tree / "root/x.tf", 'resource "terraform_data" "b" {}\n'
    ),
    "a module's argument": lambda tree: edit(tree / "root/main.tf", "size   = 3", "size   = 4"),
    "a resource of a local module": lambda tree: add(
        tree / "mod/main.tf", 'resource "terraform_data" "n" {}\n'
    ),
    "a variable, an output, a local": lambda tree: add(
        tree / "root/main.tf", 'variable "v" {}\noutput "o" { value = 1 }\nlocals { x = 1 }\n'
    ),
    "a tfvars file": lambda tree: add(tree / "root/terraform.tfvars", "v = 1\n"),
    "a file that is no configuration": lambda tree: add(tree / "root/README.md", "x"),
    "a resource's file": move_the_resource,
    "the data folder": lambda tree: shutil.rmtree(tree.parent / "own" / "data"),
}
IMPORTANT: dict[str, Callable[[Path], None]] = {
    "a lock file": lambda tree: add(tree / "root/.terraform.lock.hcl", 'provider "x" {}\n'),
    "a module's source": lambda tree: edit(tree / "root/main.tf", '"../mod"', '"../mod2"'),
    "a module's version": lambda tree: edit(tree / "root/main.tf", "size   = 3", 'version = "1.0"'),
    "another module": lambda tree: add(tree / "root/x.tf", 'module "b" { source = "../mod" }\n'),
    "a module that is gone": lambda tree: edit(tree / "root/main.tf", MAIN[MAIN.index("module") : -1], ""),
    "the terraform block": lambda tree: edit(tree / "root/main.tf", ">= 1.0", ">= 1.1"),
    "a backend": lambda tree: add(tree / "root/b.tf", 'terraform {\n  backend "s3" {}\n}\n'),
    "a resource of another provider": lambda tree: add(tree / "root/x.tf", 'resource "random_pet" "b" {}\n'),
    "a provider block": lambda tree: add(tree / "root/x.tf", 'provider "random" {}\n'),
    "a provider attribute": lambda tree: edit(tree / "root/main.tf", "input = 1", "provider = other"),
    "a local module's provider": lambda tree: add(tree / "mod/x.tf", 'resource "random_pet" "b" {}\n'),
    "a local module's own module": lambda tree: add(tree / "mod/x.tf", 'module "c" { source = "./c" }\n'),
    "a JSON file": lambda tree: add(tree / "root/x.tf.json", "{}"),
    "a block not known yet": lambda tree: add(tree / "root/x.tf", 'novelty "x" {}\n'),
    "code that cannot be cut": lambda tree: add(tree / "root/main.tf", "resource {\n"),
    "an override of a source": lambda tree: add(
        tree / "root/override.tf", 'module "a" { source = "../mod" }\n'
    ),
    "the copy's manifest": damage_the_manifest,
    "the copy's name": rename_the_copy,
    "a module's folder that leads out of the tree": link_the_module,
}


@pytest.mark.parametrize("change", UNIMPORTANT.values(), ids=UNIMPORTANT.keys())
def test_init_is_skipped_after_a_change_of(inputs: InitInputs, change: Callable[[Path], None]) -> None:
    change(inputs.code.tree)
    assert is_skipped(inputs)


@pytest.mark.parametrize("change", IMPORTANT.values(), ids=IMPORTANT.keys())
def test_init_is_run_after_a_change_of(inputs: InitInputs, change: Callable[[Path], None]) -> None:
    change(inputs.code.tree)
    assert not is_skipped(inputs)


@pytest.mark.parametrize(
    "changes",
    [{"engine": "terraform 1.12.0"}, {"cli_config": b"other"}, {"backend_config": {"key": "other"}}],
)
def test_init_is_run_for_another_version_configuration_or_backend(
    inputs: InitInputs, changes: dict[str, object]
) -> None:
    assert not is_skipped(replace(inputs, **changes))  # type: ignore[arg-type]


def test_variables_count_only_where_a_source_is_computed(inputs: InitInputs) -> None:
    assert is_skipped(replace(inputs, variables=b"other"))
    edit(inputs.code.module / "main.tf", '"../mod"', '"../${var.mod}"')
    seal(inputs, sealed(inputs), ())
    assert is_skipped(inputs)
    assert not is_skipped(replace(inputs, variables=b"other"))


@needs_terraform
def test_init_runs_once_and_not_again_for_a_new_revision_of_resources(world: World, tmp_path: Path) -> None:
    binary, calls = counted(tmp_path)
    world.use(binary)
    world.write(
        {
            "mod/main.tf": 'variable "x" {}\nresource "terraform_data" "a" {}\n',
            "main.tf": 'module "a" {\n  source = "./mod"\n  x = 1\n}\n',
        }
    )
    world.planned()
    assert "init" in calls()
    # The next revision is another tree at another path.
    world.tree.rename(world.tree.with_name("next"))
    world.write(
        {
            "mod/main.tf": 'variable "x" {}\nresource "terraform_data" "b" {}\n',
            "main.tf": 'module "a" {\n  source = "./mod"\n  x = 2\n}\n',
        }
    )
    assert world.planned().changed
    assert calls() == ["plan", "show"]


ASKS = """\
if [ "$1" = plan ] && rm %s; then
    echo '{"type":"diagnostic","diagnostic":{"severity":"error","summary":"Module not installed"}}'
    exit 1
fi
"""


@needs_terraform
def test_a_plan_that_asks_for_init_gets_it_and_is_made_again(world: World, tmp_path: Path) -> None:
    binary, calls = counted(tmp_path)
    asks = world.outside / "asks"
    binary.write_text(binary.read_text().replace("exec ", f"{ASKS % asks}exec "))
    world.use(binary)
    world.planned()
    calls()
    asks.touch()
    world.planned()
    assert calls() == ["plan", "init", "plan", "show"]


@needs_terraform
def test_providers_that_are_gone_are_installed_again(
    world: World, tmp_path: Path, packed_mirror: Path
) -> None:
    binary, calls = counted(tmp_path)
    world.use(binary, plugin_mirror=packed_mirror, offline=True)
    world.write({"main.tf": USES_CLOUDFILE % world.outside})
    world.planned()
    calls()
    shutil.rmtree(world.folder / "engine" / "plugins")
    world.planned()
    assert calls() == ["init", "plan", "show"]


@needs_terraform
def test_a_failed_init_is_an_error_with_its_diagnostics_and_is_tried_again(world: World) -> None:
    world.engines = EnginesSettings(offline=True)
    world.write({"main.tf": 'resource "random_pet" "x" {}\n'})
    failed = world.failed()
    assert (failed.command, failed.exit_code) == ("init", 1)
    assert any("random" in d.detail for d in failed.diagnostics if d.severity == "error")
    assert world.failed().command == "init"


@needs_terraform
def test_a_changed_backend_is_an_error_and_its_state_stays(world: World) -> None:
    world.managed = False
    world.write({"b.tf": 'terraform {\n  backend "local" {}\n}\n'})
    world.stack = StackDefinition(
        name="prod/app", backend_config={"path": str(world.outside / "old.tfstate")}
    )
    world.applied(world.planned())
    assert (world.outside / "old.tfstate").is_file()
    world.stack = replace(world.stack, backend_config={"path": str(world.outside / "new.tfstate")})
    failed = world.failed()
    assert failed.command == "init"
    assert failed.diagnostics[0].summary == "Backend configuration changed"
    assert not (world.outside / "new.tfstate").exists()
    # And again: a fault must not look like an init that worked.
    assert world.failed().command == "init"


@needs_terraform
def test_backend_values_are_literal_and_on_no_command_line(world: World, tmp_path: Path) -> None:
    binary, _ = counted(tmp_path)
    spy = tmp_path / "spy"
    binary.write_text(binary.read_text().replace('echo "$1"', f'echo "$@" >> {spy}; echo "$1"'))
    world.use(binary)
    world.managed = False
    path = str(world.outside / 'odd ${name} %{x} "q".tfstate')
    world.write({"b.tf": 'terraform {\n  backend "local" {}\n}\n'})
    world.stack = StackDefinition(
        name="prod/app", backend_config={"path": path}, vars={"word": "canary-word"}
    )
    world.applied(world.planned())
    assert Path(path).is_file()
    assert "odd" not in spy.read_text()
    assert "canary-word" not in spy.read_text()


@needs_terraform
def test_a_committed_lock_file_is_held_to_and_never_rewritten(world: World, packed_mirror: Path) -> None:
    world.engines = EnginesSettings(plugin_mirror=packed_mirror, offline=True)
    world.write({"main.tf": USES_CLOUDFILE % world.outside})
    world.planned()
    made = (world.module / ".terraform.lock.hcl").read_text()
    assert "driftline/cloudfile" in made
    # A lock file with a checksum of something else: init must refuse the package.
    wrong = made.replace(made.split('"h1:')[1].split('"')[0], "A" * 43 + "=")
    world.write({"other/main.tf": USES_CLOUDFILE % world.outside, "other/.terraform.lock.hcl": wrong})
    world.stack = StackDefinition(name="prod/other", path="other")
    lock = world.module / ".terraform.lock.hcl"
    failed = world.failed()
    assert failed.command == "init"
    assert any("checksum" in d.detail for d in failed.diagnostics)
    assert lock.read_text() == wrong


@needs_terraform
def test_a_provider_missing_in_a_committed_lock_file_is_not_selected(
    world: World, packed_mirror: Path
) -> None:
    world.engines = EnginesSettings(plugin_mirror=packed_mirror, offline=True)
    world.write({"main.tf": USES_CLOUDFILE % world.outside, ".terraform.lock.hcl": "# nothing is locked\n"})
    failed = world.failed()
    assert (failed.command, failed.diagnostics[-1].summary) == (
        "init",
        "Provider dependency changes detected",
    )
    assert (world.module / ".terraform.lock.hcl").read_text() == "# nothing is locked\n"


@needs_terraform
def test_a_lock_file_of_another_platform_gets_verified_checksums(world: World, packed_mirror: Path) -> None:
    [package] = packed_mirror.rglob("*.zip")
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    world.engines = EnginesSettings(plugin_mirror=packed_mirror, offline=True)
    foreign = f'"h1:{"A" * 43}=", "zh:{digest}"'
    world.write(
        {
            "main.tf": USES_CLOUDFILE % world.outside,
            ".terraform.lock.hcl": LOCKED % foreign,
        }
    )
    assert world.planned().changed
    lock = (world.module / ".terraform.lock.hcl").read_text()
    assert lock.count("h1:") == 2
    assert digest in lock


USES_CLOUDFILE = """terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}
provider "cloudfile" { path = "%s/cloud.json" }
resource "cloudfile_object" "a" { name = "a" }
"""
LOCKED = """provider "registry.terraform.io/driftline/cloudfile" {
  version = "1.0.0"
  hashes = [%s]
}
"""


@needs_terraform
def test_the_bare_command_agrees_that_a_skipped_init_was_not_needed(world: World) -> None:
    world.write({"mod/main.tf": "", "main.tf": 'module "a" { source = "./mod" }\n'})
    world.planned()
    world.planned()
    data = world.own / "data"
    bare = terraform("plan", "-json", "-state=/dev/null", cwd=world.module, TF_DATA_DIR=str(data))
    assert bare.returncode == 0
