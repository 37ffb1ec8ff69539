"""Whatever a command writes into its data folder, the next one starts from what `init` left."""

import io
import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest
from engine_world import World, needs_terraform, state_of
from wrapped import wrapped

from runner.engine.command import CommandLineEngine
from runner.engine.generated_files import KEPT as MADE_KEPT
from runner.engine.initialised.seal import DATA, KEPT, MANIFEST, seals
from runner.errors import EngineFailed
from runner.model.approval.binding import EngineFacts
from runner.model.settings.server import Settings
from runner.model.stack.definition import StackDefinition
from runner.ports.engine import Applied, EngineError, Planned

pytestmark = needs_terraform

# As code of a plan does it: a data source or a provider of the module.
TERRAFORM = """\
terraform "$@"
ended=$?
[ -e %(folder)s/after-$1 ] && sh %(folder)s/after-$1 >&2
exit $ended
"""
CALLS = 'module "m" {\n  source = "../m"\n}\n'
HONEST = 'resource "terraform_data" "honest" {}\n'
EVIL = 'resource "terraform_data" "evil" {}\n'
BACKEND = 'terraform {\n  backend "local" {\n    path = "%s"\n  }\n}\n'
DATA_OF = 'resource "terraform_data" "a" {\n  input = "%s"\n}\n'
USES = """terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}
provider "cloudfile" { path = "%s/cloud.json" }
resource "cloudfile_object" "a" { name = "a" }
"""


@dataclass
class Attacked(World):
    """One whose plans, shows and applies do what a file says, when terraform has ended."""

    confine: Literal["auto", "never"] = "auto"

    @property
    def settings(self) -> Settings:
        return replace(super().settings, executor=replace(super().settings.executor, confine=self.confine))

    def after(self, command: str, script: str) -> None:
        self.outside.joinpath(f"after-{command}").write_text(f'cd "$TF_DATA_DIR" || exit\n{script}\n')

    def honest(self) -> None:
        for path in self.outside.glob("after-*"):
            path.unlink()

    def attacked_plan(self, script: str) -> Planned:
        self.after("plan", script)
        planned = self.planned()
        self.honest()
        return planned


@pytest.fixture
def world(tmp_path: Path) -> Attacked:
    made = Attacked(tmp_path / "data")
    made.stack = StackDefinition(name="prod/app", path="app")
    made.use(wrapped(made.outside / "terraform", TERRAFORM % {"folder": made.outside}))
    made.write({"app/main.tf": CALLS, "m/main.tf": HONEST})
    return made


def addresses(planned: Planned) -> list[str]:
    changes: list[dict[str, Any]] = (planned.document or {}).get("resource_changes", [])
    return [change["address"] for change in changes]


POISONED_MODULES = {
    "the module lies in the data folder": "mkdir lib; echo '{evil}' > lib/main.tf; "
    """sed -i 's#"Dir":"../m"#"Dir":"'"$PWD"'/lib"#' modules/modules.json""",
    "the module lies beside it": "mkdir -p {out}/lib; echo '{evil}' > {out}/lib/main.tf; "
    """sed -i 's#"Dir":"../m"#"Dir":"{out}/lib"#' modules/modules.json""",
    "the folder of modules is a link": "mkdir -p {out}/lib; echo '{evil}' > {out}/lib/main.tf; "
    "cp -r modules {out}/modules; rm -r modules; ln -s {out}/modules modules; "
    """sed -i 's#"Dir":"../m"#"Dir":"{out}/lib"#' modules/modules.json""",
    "the list of modules is a pipe": "rm modules/modules.json; mkfifo modules/modules.json",
    "the list of modules is gone": "rm -r modules",
    "the list of modules is a folder": "rm modules/modules.json; mkdir modules/modules.json",
    "the list of modules walks the disk": """echo '{{"Modules":[{{"Key":"","Source":"","Dir":"."}},"""
    """{{"Key":"m","Source":"x","Dir":"'"$PWD"'/../../../../../../../.."}}]}}' > modules/modules.json""",
    "nothing can be read": "chmod -R 000 modules",
}


@pytest.mark.parametrize("how", POISONED_MODULES)
def test_the_next_plan_is_of_the_modules_that_git_has(world: Attacked, how: str) -> None:
    before = world.attacked_plan(POISONED_MODULES[how].format(evil=EVIL.strip(), out=world.outside))
    # Shown from a folder of its own as well.
    assert addresses(before) == ["module.m.terraform_data.honest"]
    after = world.planned()
    assert addresses(after) == ["module.m.terraform_data.honest"]
    assert after.facts.modules == before.facts.modules
    world.applied(after)
    assert "honest" in str(state_of(world.own / "state" / "terraform.tfstate"))


def test_a_module_changed_in_git_is_planned_whatever_an_earlier_plan_wrote(world: Attacked) -> None:
    before = world.attacked_plan(
        POISONED_MODULES["the module lies in the data folder"].format(evil=EVIL.strip(), out="")
    )
    world.write({"m/main.tf": HONEST + 'resource "terraform_data" "wanted" {}\n'})
    after = world.planned()
    assert addresses(after) == ["module.m.terraform_data.honest", "module.m.terraform_data.wanted"]
    assert after.facts.modules != before.facts.modules


def test_the_next_apply_writes_the_state_that_the_code_names(world: Attacked) -> None:
    real, copy = world.outside / "real.tfstate", world.outside / "copy.tfstate"
    world.managed = False
    world.write({"app/main.tf": BACKEND % real + DATA_OF % "one"})
    world.applied(world.planned())
    world.attacked_plan(f"cp {real} {copy}; sed -i 's#{real}#{copy}#' terraform.tfstate")
    world.write({"app/main.tf": BACKEND % real + DATA_OF % "two"})
    world.after("plan", f"sed -i 's#{real}#{copy}#' terraform.tfstate")
    planned = world.planned()
    assert planned.changed
    world.applied(planned)
    assert "two" in real.read_text()
    assert "two" not in copy.read_text()


def test_the_workspace_is_the_one_of_the_stack(world: Attacked) -> None:
    world.write({"app/main.tf": 'output "it" { value = terraform.workspace }\n'})
    world.attacked_plan("echo evil > environment")
    document: Any = world.planned().document
    assert document["planned_values"]["outputs"]["it"]["value"] == "default"
    assert not (world.own / "data" / "environment").exists()


def plant(out: Path) -> str:
    return f"""
place=$(echo providers/*/*/*/*/*)
cp -rL $place {out}/planted; rm $place; mkdir -p $place
printf '#!/bin/sh\\ntouch {out}/it-ran\\n' > $place/terraform-provider-cloudfile_v1.0.0
chmod +x $place/*
echo $PWD/providers > plugin_path
mkdir -p plugins; cp -r providers/* plugins
sed -i 's#h1:.*=#h1:{"A" * 43}=#' {{module}}/.terraform.lock.hcl
"""


def test_a_planted_provider_is_not_started(world: Attacked, packed_mirror: Path) -> None:
    world.use(world.outside / "terraform", plugin_mirror=packed_mirror, offline=True)
    world.write({"app/main.tf": USES % world.outside})
    before = world.attacked_plan(plant(world.outside).format(module=world.module))
    lock = (world.module / ".terraform.lock.hcl").read_text()
    assert "A" * 43 not in lock
    after = world.planned()
    assert not (world.outside / "it-ran").exists()
    assert (world.outside / "planted").exists()
    assert after.facts == before.facts
    world.applied(after)
    assert not (world.own / "data" / "plugin_path").exists()


def test_what_took_the_place_of_the_data_folder_is_left_where_it_is(world: Attacked) -> None:
    world.confine = "never"
    kept = world.outside / "elsewhere" / "kept"
    kept.parent.mkdir()
    kept.write_text("kept")
    world.attacked_plan(f"cd ..; rm -r data; ln -s {kept.parent} data")
    assert addresses(world.planned()) == ["module.m.terraform_data.honest"]
    assert [path.name for path in kept.parent.iterdir()] == ["kept"]
    assert not (world.own / "data").is_symlink()


def test_the_lock_file_of_a_shared_module_is_the_one_that_init_wrote(
    world: Attacked, packed_mirror: Path
) -> None:
    world.use(world.outside / "terraform", plugin_mirror=packed_mirror, offline=True)
    world.write({"app/main.tf": USES % world.outside})
    before = world.attacked_plan(f"echo > {world.module}/.terraform.lock.hcl; echo '{EVIL}' > modules")
    world.stack = StackDefinition(name="prod/other", path="app")
    other = world.planned()
    assert other.facts.lock_file == before.facts.lock_file
    assert "driftline/cloudfile" in (world.module / ".terraform.lock.hcl").read_text()


def test_a_lock_file_where_init_wrote_none_is_taken_away(world: Attacked) -> None:
    world.attacked_plan(f"mkdir {world.module}/.terraform.lock.hcl")
    assert world.planned().facts.lock_file == ""
    assert not (world.module / ".terraform.lock.hcl").exists()


def test_a_plan_does_not_change_the_inputs_of_concurrent_ones(world: Attacked) -> None:
    world.attacked_plan("true")
    go = world.outside / "go"
    os.mkfifo(go)
    world.after(
        "plan",
        f"[ -e {go} ] && cat {go}; for i in 1 2 3; do echo x >> modules/modules.json; ln -s / modules/x$i; done",
    )
    first = world.execution()
    with ThreadPoolExecutor() as threads:
        attacking = threads.submit(world.plan_in, first)
        with go.open("w"):  # it has planned, and is about to write
            go.unlink()
            world.stack = StackDefinition(name="prod/other", path="app")
            others = [threads.submit(world.plan_in, world.execution())]
        outcomes = [attacking.result(), *(other.result() for other in others)]
    for outcome in outcomes:
        assert isinstance(outcome, Planned), outcome
        assert addresses(outcome) == ["module.m.terraform_data.honest"]


def test_reading_the_state_uses_inits_backend_record_during_an_apply(world: Attacked) -> None:
    real = world.outside / "real.tfstate"
    world.managed = False
    world.write({"app/main.tf": BACKEND % real + DATA_OF % "one"})
    world.planned()
    noted = world.own / "data" / "terraform.tfstate"
    noted.write_text(noted.read_text().replace(str(real), "/elsewhere"))
    with (
        world.engine.sessions.open(world.execution()) as session,
        session.with_newest_seal().looking() as own,
    ):
        data = own.execution.workspace.data
        assert own.environment["TF_DATA_DIR"] == str(data)
        assert [path.name for path in data.iterdir()] == ["terraform.tfstate"]
        assert str(real) in (data / "terraform.tfstate").read_text()
    assert not data.exists()
    assert "/elsewhere" in noted.read_text()


def test_reading_the_state_does_not_see_the_home_of_the_run(
    world: Attacked,
) -> None:
    world.planned()
    execution = world.execution()
    left = execution.workspace.scratch / ".aws" / "config"
    left.parent.mkdir(exist_ok=True)
    left.write_text("[default]\nendpoint_url = https://elsewhere.example.com\n")
    with world.engine.sessions.open(execution) as session, session.with_newest_seal().looking() as own:
        for name in ("HOME", "TMPDIR"):
            folder = Path(own.environment[name])
            assert not folder.is_relative_to(execution.workspace.scratch)
        assert list(Path(own.environment["HOME"]).iterdir()) == []
    assert left.exists()


# The copies


def copies(world: Attacked) -> list[Path]:
    return sorted((world.own / "sealed").iterdir())


def test_alternating_plans_need_no_init_and_only_the_last_copies_are_kept(world: Attacked) -> None:
    for number in range(KEPT + 2):
        world.write({f"m{number}/main.tf": "", "app/main.tf": CALLS.replace("../m", f"../m{number}")})
        world.planned()
    assert len(copies(world)) == KEPT
    before = copies(world)
    world.write({"app/main.tf": CALLS.replace("../m", f"../m{KEPT}")})
    world.planned()
    assert copies(world) == before
    assert next(seals(world.own / "sealed")).manifest.local_folders == [".", f"../m{KEPT}"]


def test_a_damaged_copy_is_not_used_and_the_next_plan_makes_another(world: Attacked) -> None:
    world.planned()
    (copy,) = copies(world)
    listed = copy / DATA / "modules" / "modules.json"
    listed.chmod(0o600)
    listed.write_text(listed.read_text().replace("../m", "../n"))
    with pytest.raises(EngineFailed, match=r"damaged: .* was altered") as failed:
        world.plan()
    assert failed.value.hint == "driftline plan prod/app"
    assert addresses(world.planned()) == ["module.m.terraform_data.honest"]


@pytest.mark.parametrize("left", [f"{'0' * 64}/{MANIFEST}", ".making-0123/data/x"])
def test_half_a_copy_is_none_and_is_removed(world: Attacked, left: str) -> None:
    world.planned()
    half = world.own / "sealed" / left
    half.parent.mkdir(parents=True)
    half.write_text("{}")
    assert world.planned().changed
    world.write({"n/main.tf": "", "app/main.tf": CALLS.replace("../m", "../n")})
    world.planned()
    assert not half.exists()
    assert len(copies(world)) == 2


def test_an_apply_whose_copy_is_gone_initialises_again(world: Attacked) -> None:
    planned = world.planned()
    world.workspaces.forget_init(world.stack.name)
    assert copies_of(world) == []
    world.applied(planned)
    assert len(copies(world)) == 1


def copies_of(world: Attacked) -> list[Path]:
    return list(world.own.glob("sealed/*"))


# What init leaves


LEAVES = {
    "another folder for a module": """sed -i 's#"Dir":"../m"#"Dir":"../n"#' modules/modules.json""",
    "a folder out of the tree": """sed -i 's#"../m","Dir":"../m"#"../../../../x","Dir":"../../../../x"#' modules/modules.json""",
    "a backend that the code has not": """echo '{"version":3,"backend":{"type":"local","config":{}}}' > terraform.tfstate""",
    "no list": "echo '[]' > modules/modules.json",
    "a provider of its own": "mkdir -p providers/a/b/c/1.0/linux_amd64",
    "a link to a provider elsewhere": "mkdir -p providers/a/b/c/1.0; ln -s /usr providers/a/b/c/1.0/linux_amd64",
}


@pytest.mark.parametrize("what", LEAVES)
def test_an_init_with_results_nobody_asked_for_is_refused(world: Attacked, what: str) -> None:
    world.write({"n/main.tf": EVIL})
    world.after("init", LEAVES[what])
    failed = world.failed()
    assert failed.command == "init"
    assert "What terraform init left is not used" in failed.diagnostics[-1].summary
    assert copies_of(world) == []


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """A module as an archive, with a link that stays inside and one that leads out."""
    folder = tmp_path / "served"
    folder.mkdir()
    with tarfile.open(folder / "m.tar.gz", "w:gz") as archive:
        for name, mode, content in (("main.tf", 0o644, FETCHED), ("run.sh", 0o755, "echo far\n")):
            about = tarfile.TarInfo(name)
            about.size, about.mode = len(content), mode
            archive.addfile(about, io.BytesIO(content.encode()))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/m.tar.gz"
    server.shutdown()
    server.server_close()


FETCHED = """\
resource "terraform_data" "far" {
  input = [fileexists("${path.module}/link.sh"), fileexists("${path.module}/out"), path.module]
}
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """pytest fails for what a thread writes when it is over."""


def test_a_fetched_module_is_as_it_was_fetched_in_each_plan(world: Attacked, served: str) -> None:
    world.write({"app/main.tf": f'module "far" {{\n  source = "{served}"\n}}\n'})
    # As an archive may have them.
    world.after(
        "init", "cd modules/far; ln -s run.sh link.sh; ln -s /etc/passwd out; mkdir .git; touch .git/x"
    )
    before = world.attacked_plan(
        f"echo '{EVIL}' > modules/far/evil.tf; rm modules/far/main.tf; ls -la modules/far"
    )
    world.honest()
    after = world.planned()
    assert addresses(after) == ["module.far.terraform_data.far"]
    document: Any = after.document
    (change,) = document["resource_changes"]
    assert change["change"]["after"]["input"] == [True, False, str(world.own / "data/modules/far")]
    assert os.access(world.own / "data" / "modules" / "far" / "run.sh", os.X_OK)
    assert not (world.own / "data" / "modules" / "far" / ".git").exists()
    assert before.facts.modules == after.facts.modules
    (copy,) = copies(world)
    content = copy / DATA / "modules" / "far" / "run.sh"
    content.chmod(0o700)
    content.write_text("echo other\n")
    with pytest.raises(EngineFailed, match=r"run\.sh was altered"):
        world.plan()


MAKES = """\
cd modules/far
mkdir -p build .hidden
echo archive > build/a.zip
echo '{evil}' > build/evil.tf
ln -s /etc/passwd build/link
mkfifo build/pipe
echo x > .hidden/x
"""
NEEDS = """\
resource "terraform_data" "far" {
  provisioner "local-exec" {
    command = "cd ${path.module} && cat build/a.zip >> %(out)s && ls build >> %(out)s"
  }
}
"""


def needs_archive(world: Attacked, served: str) -> Path:
    out = world.outside / "applied"
    world.write({"app/main.tf": f'module "far" {{\n  source = "{served}"\n}}\n'})
    world.outside.joinpath("far.tf").write_text(NEEDS % {"out": out})
    world.after("init", f"cp {world.outside}/far.tf modules/far/main.tf")
    return out


def test_files_a_plan_made_beside_a_fetched_module_reach_its_own_apply(world: Attacked, served: str) -> None:
    out = needs_archive(world, served)
    execution = world.execution()
    world.after("plan", MAKES.format(evil=EVIL.strip()))
    planned = world.engine.plan(execution)
    assert isinstance(planned, Planned)
    world.honest()
    assert isinstance(world.engine.apply(execution, planned.plan_file, "0" * 64), Applied)
    assert out.read_text().split() == ["archive", "a.zip"]


def test_no_other_run_gets_what_a_plan_made(world: Attacked, served: str) -> None:
    out = needs_archive(world, served)
    planned = world.attacked_plan(MAKES.format(evil=EVIL.strip()))
    failed = world.apply(planned)
    assert isinstance(failed, EngineError)
    assert out.read_text() == ""


def test_what_plans_made_is_kept_for_a_few_runs_only(world: Attacked, served: str) -> None:
    needs_archive(world, served)
    for _ in range(MADE_KEPT + 1):
        world.after("plan", "echo x > modules/far/x.zip")
        world.planned()
    kept = {path.name for path in (world.own / "made").iterdir()}
    assert kept == {f"run-{number}" for number in range(2, MADE_KEPT + 2)}


# What an approval is bound to


MOVES: dict[str, Callable[[Attacked], object]] = {
    "main.tf": lambda w: w.write({"app/main.tf": f"{CALLS}# a remark\n"}),
    "a local module": lambda w: w.write({"m/main.tf": EVIL}),
    "values": lambda w: w.write({"app/x.auto.tfvars": ""}),
}


@pytest.mark.parametrize("what", MOVES)
def test_code_overwritten_by_a_plan_is_not_taken_for_its_input(world: Attacked, what: str) -> None:
    world.confine = "never"
    first = world.planned()
    evil = world.outside / "evil.tf"
    evil.write_text(EVIL)
    world.after(
        "plan",
        f"cp {evil} {world.module}/z.tf; cp {evil} {world.tree}/m/main.tf; touch {world.module}/x.auto.tfvars",
    )
    assert world.planned().facts == first.facts
    world.honest()
    (world.module / "z.tf").unlink()
    (world.module / "x.auto.tfvars").unlink()
    world.write({"m/main.tf": HONEST})
    MOVES[what](world)
    assert engine_facts(world, first).modules != first.facts.modules


def engine_facts(world: Attacked, planned: Planned) -> EngineFacts:
    engine: CommandLineEngine = world.engine
    found = engine.facts(world.execution(), planned.plan_file)
    assert not isinstance(found, EngineError), found
    return found


def test_the_manifest_names_every_file_with_its_digest(world: Attacked) -> None:
    world.planned()
    (copy,) = copies(world)
    shown = json.loads((copy / MANIFEST).read_bytes())
    assert list(shown["files"]) == ["modules/modules.json"]
    assert {path.stat().st_mode & 0o222 for path in (copy / DATA).rglob("*") if path.is_file()} == {0}
