"""What a module reaches with real terraform under the real kernel: its own, and nothing else of Driftline's."""

import os
import pwd
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIG_DFL, SIGUSR1, signal
from typing import Any

import pytest
from engine_world import World, needs_terraform
from provider.mirror import CLOUDFILE, install
from wrapped import wrapped

from runner.engine.command import CommandLineEngine
from runner.errors import NotConfined
from runner.host.files import private_folder
from runner.model.settings.server import AuditSettings, ExecutorSettings, Settings
from runner.model.settings.source import Allow, SourceAuth, SourceSettings
from runner.model.stack.definition import StackDefinition
from runner.ports.engine import Applied, EngineError, Planned
from runner.process.run import Command, run
from runner.sandbox import landlock, namespaced

needs_landlock = pytest.mark.skipif(
    landlock.abi() == 0, reason="this kernel has no Landlock: nothing was confined"
)
pytestmark = needs_terraform
CANARY = "canary-7d1f"
# As the kernel and terraform say it of a file that is there and must not be reached, or is not there at all.
REFUSED = re.compile(
    "denied|no file exists|such file|nonexistent|Read-only file system|no such process|not permitted",
    re.IGNORECASE,
)
READS = 'output "it" { value = try(file("%s"), "nothing") }\n'
DOES = """
resource "terraform_data" "it" {
  triggers_replace = timestamp()
  provisioner "local-exec" { command = "%s" }
}
"""


@dataclass
class Installation(World):
    """With secrets in all the places where one has them."""

    executor: ExecutorSettings | None = None

    @property
    def home(self) -> Path:
        return private_folder(self.folder.parent / "home")

    @property
    def settings(self) -> Settings:
        etc = self.folder.parent / "etc"
        sources = (
            SourceSettings("infra", "file:///infra", auth=SourceAuth(ssh_key=etc / "ssh_key")),
            SourceSettings("other", "file:///other", allow=Allow(state_folders=(str(etc / "states"),))),
        )
        return replace(
            super().settings,
            executor=self.executor or ExecutorSettings(visible=(self.outside,)),
            sources=sources,
            audit=AuditSettings(checkpoints=etc / "checkpoints"),
        )

    @property
    def engine(self) -> CommandLineEngine:
        daemon = {
            **os.environ,
            "HOME": str(self.home),
            "CREDENTIALS_DIRECTORY": str(self.folder.parent / "run" / "credentials"),
        }
        return CommandLineEngine(
            self.settings, daemon, hidden=(self.folder.parent / "etc" / "driftline.yaml",)
        )

    def keep(self, path: Path) -> Path:
        private_folder(path.parent)
        path.write_text(CANARY)
        return path

    def says(self, module: str) -> str:
        """What the plan or the apply of a module told, and its outputs."""
        self.write({"main.tf": module})
        planned = self.plan()
        if isinstance(planned, EngineError):
            return self.log + str(planned)
        done: Any = self.apply(planned)
        return self.log + str(done)


@pytest.fixture(params=["namespaces", "landlock"])
def world(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Behind either wall."""
    if request.param == "landlock":
        monkeypatch.setattr(namespaced, "problem", lambda: "not in this test")
    elif problem := namespaced.problem():
        pytest.skip(f"this machine gives no namespaces: {problem}")
    made = Installation(tmp_path / "data")
    made.write({"main.tf": ""})
    return made


HIDDEN: dict[str, Callable[[Installation], Path]] = {
    "the database": lambda w: w.folder / "driftline.db",
    "a key": lambda w: w.folder / "keys" / "artifacts",
    "an artifact": lambda w: w.folder / "artifacts" / "ab" / "cd",
    "a mirror": lambda w: w.folder / "mirrors" / "other" / "config",
    "another stack's state": lambda w: w.folder / "workspaces" / "other-1" / "state" / "terraform.tfstate",
    "another run's plan": lambda w: w.folder / "runs" / "99" / "plan.tfplan",
    "a log": lambda w: w.folder / "logs" / "run-99.log",
    "what was told of another run": lambda w: w.folder / "control" / "99" / "apply.result",
    "a receipt": lambda w: w.folder / "receipts" / "x.json",
    "another source's tree": lambda w: w.folder / "trees" / "other" / "main" / "main.tf",
    "another revision of its source": lambda w: w.folder / "trees" / "infra" / "old" / "main.tf",
    "what was saved of another apply": lambda w: w.folder / "workspaces" / "o-1" / "salvage" / "x.tfstate",
    "what init left for another stack": lambda w: w.folder / "workspaces" / "o-1" / "sealed" / "0" / "lock",
    "the record of a lock file": lambda w: w.folder / "engine" / "locks" / "0",
    "what a plan made for its apply": lambda w: w.folder / "workspaces" / "o-1" / "made" / "run-1" / "x.zip",
    "the configuration": lambda w: w.folder.parent / "etc" / "driftline.yaml",
    "the key of a source": lambda w: w.folder.parent / "etc" / "ssh_key",
    "the audit log's checkpoints": lambda w: w.folder.parent / "etc" / "checkpoints",
    "a credential of systemd": lambda w: w.folder.parent / "run" / "credentials" / "git_token",
    "the home of the daemon's user": lambda w: w.home / ".ssh" / "id_ed25519",
    "a state of another source": lambda w: w.folder.parent / "etc" / "states" / "other.tfstate",
}


@needs_landlock
def test_a_module_cannot_read_what_is_driftlines_or_secret(world: Installation) -> None:
    """All of it in one plan, which tries each in an output of its own."""
    paths = {what: world.keep(where(world)) for what, where in HIDDEN.items()}
    world.write({"main.tf": outputs(f'try(file("{path}"), "nothing")' for path in paths.values())})
    document: Any = world.planned().document
    shown = document["planned_values"]["outputs"].values()
    assert dict(zip(paths, (one["value"] for one in shown), strict=True)) == dict.fromkeys(paths, "nothing")
    world.write({"main.tf": outputs(f'file("{path}")' for path in paths.values())})
    refused = {one.line for one in world.failed().diagnostics if REFUSED.search(one.detail)}
    assert [what for line, what in enumerate(paths, 1) if line not in refused] == []


def outputs(values: Iterable[str]) -> str:
    return "".join(f'output "o{number:02}" {{ value = {value} }}\n' for number, value in enumerate(values))


@needs_landlock
def test_a_module_cannot_read_by_another_name(world: Installation) -> None:
    """terraform's links, the ways of /proc, and the path from where it is."""
    path = world.keep(world.folder / "driftline.db")
    (world.module / "link").symlink_to(path)
    up = "/".join([".."] * len(world.module.relative_to(world.folder).parts))
    for name in ("${path.module}/link", f"/proc/self/root{path}", f"${{path.module}}/{up}/driftline.db"):
        world.write({"main.tf": READS % name})
        assert CANARY not in str(world.planned().document), name


@needs_landlock
def test_a_module_cannot_read_the_real_home_of_the_user(world: Installation) -> None:
    home = Path(pwd.getpwuid(os.geteuid()).pw_dir)
    own = next((path for path in sorted(home.glob(".*")) if path.is_file() and path.stat().st_size), None)
    if own is None:
        pytest.skip("there is no file in the home of this user")
    world.write({"main.tf": f'output "it" {{ value = filesha256("{own}") }}\n'})
    assert REFUSED.search(str(world.failed().diagnostics))


@needs_landlock
def test_a_module_cannot_read_the_environment_of_another_process(world: Installation) -> None:
    world.write({"main.tf": f'output "it" {{ value = file("/proc/{os.getpid()}/environ") }}\n'})
    assert REFUSED.search(str(world.failed().diagnostics))


WRITES = {
    "write into the database": "echo x >> {data}/driftline.db",
    "make a file beside it": "touch {data}/driftline.db-journal",
    "empty a key": ": > {data}/keys/artifacts",
    "remove the claims": "rm -r {data}/claims",
    "change another stack's state": "echo x >> {data}/workspaces/other-1/state/terraform.tfstate",
    "change another stack's code": "echo x >> {data}/trees/infra/main/other/main.tf",
    "plant a plan": "echo x > {data}/artifacts/plan",
    "exchange the providers of all": "touch {data}/engine/plugins/x",
    "exchange its own providers": "touch {own}/plugins/x",
    "change what init left": "touch {own}/sealed/x",
    "undo its receipt": "rm -r {data}/receipts",
    "change this program": "touch {program}/x.py",
}


@needs_landlock
def test_a_provisioner_cannot_change_what_is_driftlines_or_anothers(world: Installation) -> None:
    """All of it in one apply, which tries each by a resource of its own."""
    kept = [
        world.keep(world.folder / name)
        for name in ("driftline.db", "keys/artifacts", "claims/x", "artifacts/x", "receipts/x.json")
    ]
    kept.append(world.keep(world.folder / "workspaces" / "other-1" / "state" / "terraform.tfstate"))
    kept.append(world.keep(world.tree / "other" / "main.tf"))
    private_folder(world.folder / "engine" / "plugins")
    world.stack = StackDefinition(name="prod/app", path="app")
    world.write({"app/main.tf": ""})
    world.planned()
    program = Path(landlock.__file__).parent
    places = {"data": world.folder, "own": world.own, "program": program}
    tries = {f"try{number}": script.format(**places) for number, script in enumerate(WRITES.values())}
    world.write(
        {"app/main.tf": "".join((DOES % script).replace("it", name, 1) for name, script in tries.items())}
    )
    failed = world.apply(world.planned())
    assert isinstance(failed, EngineError)
    refused = {one.address for one in failed.diagnostics if REFUSED.search(one.detail)}
    assert [
        what for what, name in zip(WRITES, tries, strict=True) if f"terraform_data.{name}" not in refused
    ] == []
    assert [path.read_text() for path in kept] == [CANARY] * len(kept)
    assert not (program / "x.py").exists()


FORGED = """
for place in {control} $HOME; do
  echo '{{"exit_code": 0, "seconds": 1.0}}' > $place/apply.result
  touch $place/apply.stop
  echo '{{"id": "of-somebody-else"}}' > $place/lock.json
  rm -f $place/apply.json $place/workspace.json
done
"""


@needs_landlock
def test_a_provisioner_cannot_forge_the_result_or_records_of_its_apply(
    world: Installation,
) -> None:
    control = world.folder / "control" / "2"
    script = world.outside / "forge"
    script.write_text(FORGED.format(control=control))
    world.write({"main.tf": DOES % f"sh {script} 2>&1; exit 3"})
    failed = world.apply(world.planned())
    assert isinstance(failed, EngineError)
    assert (failed.exit_code, failed.lost, failed.canceled) == (1, False, False)
    assert REFUSED.search(str(failed.diagnostics))
    left = {"apply.json", "apply.jsonl", "apply.result", "apply.stderr", "workspace.json"}
    assert {path.name for path in control.iterdir()} == left
    assert (failed.evidence and failed.evidence.lock_is_ours) is False


@needs_landlock
@pytest.mark.skipif(landlock.abi() < 6, reason="this kernel's Landlock does not govern signals")
def test_a_provisioner_can_neither_end_nor_stop_the_shim_that_owns_it(world: Installation) -> None:
    asked = "shim=$(awk '/PPid/ {print $2}' /proc/$PPID/status); kill -KILL $shim; exit 3"
    failed = world.says(DOES % asked)
    assert REFUSED.search(failed)
    assert "exit_code=1" in failed


@needs_landlock
@pytest.mark.skipif(landlock.abi() < 6, reason="this kernel's Landlock does not govern signals")
def test_a_provisioner_cannot_signal_the_daemon(world: Installation) -> None:
    asked: list[int] = []
    signal(SIGUSR1, lambda number, _: asked.append(number))
    try:
        shown = world.says(DOES % f"kill -USR1 {os.getpid()}")
    finally:
        signal(SIGUSR1, SIG_DFL)
    assert REFUSED.search(shown)
    assert asked == []


# What goes on as before


@needs_landlock
def test_a_module_reads_the_whole_tree_and_what_is_not_driftlines(world: Installation) -> None:
    world.keep(world.tree / "shared" / "values.txt")
    beside = world.keep(world.outside / "values.txt")
    for path in ("${path.module}/shared/values.txt", str(beside), "/etc/passwd"):
        world.write({"main.tf": f'output "it" {{ value = file("{path}") }}\n'})
        assert world.planned().changed


@needs_landlock
def test_a_run_writes_into_its_root_module_and_its_scratch_folder(world: Installation) -> None:
    """As `archive_file` does, with a path below `path.module`."""
    world.stack = StackDefinition(name="prod/app", path="app")
    world.write(
        {
            "app/main.tf": DOES
            % "echo x > a.zip && mkdir build && echo x > build/b.zip && mktemp && echo x > $HOME/c"
        }
    )
    world.applied(world.planned())
    assert (world.module / "build" / "b.zip").exists()


CALLS = 'module "m" { source = "../modules/m" }\n'


@needs_landlock
@pytest.mark.parametrize("allowed", [(), ("modules/other", "m", "../*")])
def test_a_module_that_others_may_call_too_is_not_written(
    world: Installation, allowed: tuple[str, ...]
) -> None:
    world.stack = StackDefinition(name="prod/app", path="app")
    script = "echo evil >> ../modules/m/main.tf; echo x > ../modules/m/new.tf; true"
    world.write({"app/main.tf": CALLS + DOES % script, "modules/m/main.tf": "# as in Git\n"})
    planned = world.planned(writable_modules=allowed)
    assert isinstance(world.apply(planned, writable_modules=allowed), Applied)
    folder = world.tree / "modules" / "m"
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"main.tf": "# as in Git\n"}


@needs_landlock
def test_a_module_that_the_operator_opens_is_written_by_those_that_call_it(world: Installation) -> None:
    world.stack = StackDefinition(name="prod/app", path="app")
    world.write({"app/main.tf": CALLS + DOES % "echo x > ../modules/m/b.zip", "modules/m/main.tf": ""})
    planned = world.planned(writable_modules=("modules/*",))
    assert isinstance(world.apply(planned, writable_modules=("modules/*",)), Applied)
    assert (world.tree / "modules" / "m" / "b.zip").exists()


@needs_landlock
@pytest.mark.parametrize("called", ["..", ".", "../b", "../../../..", "/"])
def test_what_is_no_module_that_the_operator_opens_is_not_written(world: Installation, called: str) -> None:
    world.stack = StackDefinition(name="prod/app", path="a")
    world.write({"a/main.tf": "", "b/main.tf": "# as in Git\n"})
    execution = replace(world.execution(), writable_modules=("modules/*",))
    rules = world.engine.sessions.sandbox_policy(world.engine.sessions.handed()).around(
        execution, Path("/bin/sh"), (), "plan", [called]
    )
    assert rules is not None
    argv = ("/bin/sh", "-c", f"echo evil >> {world.tree}/b/main.tf")
    run(Command(argv, world.outside, {}, world.outside / "out", world.outside / "err", confine=rules))
    assert (world.tree / "b" / "main.tf").read_text() == "# as in Git\n"


@needs_landlock
def test_a_module_that_became_a_symlink_opens_nothing(world: Installation) -> None:
    """A run can exchange folders of its own module."""
    key = world.keep(world.folder / "keys" / "artifacts")
    world.stack = StackDefinition(name="prod/app", path="app")
    world.write({"app/main.tf": ""})
    (world.tree / "m").symlink_to(key.parent)
    execution = replace(world.execution(), writable_modules=("*",))
    out = world.outside / "out"
    called = ["../m", str(key.parent)]
    rules = world.engine.sessions.sandbox_policy(world.engine.sessions.handed()).around(
        execution, Path("/bin/cat"), (), "plan", called
    )
    assert rules is not None
    run(Command(("/bin/cat", str(key)), world.outside, {}, out, out.with_name("err"), confine=rules))
    assert out.read_text() == ""


# As a process would that a provider has started while it planned, and that nobody has ended.
EXCHANGES = """\
case $1 in show)
    terraform "$@"; ended=$?
    for plan; do true; done
    echo evil > "$plan"; echo evil > "$(dirname "$plan")/fresh" && mv "$(dirname "$plan")/fresh" "$plan"
    echo '{}' > "$(dirname "$plan")/show.jsonl"
    for left in "$TMPDIR"/* "$HOME"/*; do
        # Where the tests have a long path, TMPDIR is the system's, with files of others.
        case $left in OWN/*) echo evil > "$left" ;; esac
    done
    exit $ended ;;
esac
exec terraform "$@"
"""


@needs_landlock
def test_the_plan_shown_is_the_one_kept_whatever_runs_beside_it(
    world: Installation,
) -> None:
    world.write({"main.tf": 'resource "terraform_data" "it" {}\n'})
    own = str(world.outside.parent)
    world.use(wrapped(world.outside / "terraform", EXCHANGES.replace("OWN", own)))
    planned = world.planned()
    assert "terraform_data.it" in str(planned.document)
    assert zipfile.is_zipfile(planned.plan_file)
    world.applied(planned)


@needs_landlock
@pytest.mark.parametrize("left", ["a pipe", "a symlink"])
def test_a_plan_file_that_is_none_ends_the_plan(world: Installation, left: str) -> None:
    key = world.keep(world.folder / "keys" / "artifacts")
    makes = "mkfifo" if left == "a pipe" else f"ln -s {key}"
    script = f'case $1 in plan) terraform "$@"; rm $TMPDIR/plan.tfplan; {makes} $TMPDIR/plan.tfplan; exit 2 ;; esac\n'
    world.write({"main.tf": 'resource "terraform_data" "it" {}\n'})
    world.use(
        wrapped(world.outside / "terraform", script.replace("$TMPDIR", "$HOME") + 'exec terraform "$@"\n')
    )
    assert "wrote no plan file" in str(world.failed().diagnostics)


@needs_landlock
def test_a_state_folder_of_its_own_source_is_open_though_it_is_in_the_home(world: Installation) -> None:
    path = world.keep(world.home / "states" / "x")
    world.write({"main.tf": f'output "it" {{ value = file("{path}") }}\n'})
    assert REFUSED.search(str(world.failed().diagnostics))
    assert world.planned(state_folders=(str(path.parent),)).changed


@needs_landlock
def test_a_state_folder_that_is_not_there_yet_is_made_before_the_apply(world: Installation) -> None:
    state = world.folder.parent / "states" / "db.tfstate"
    world.managed = False
    backend = f'terraform {{\n  backend "local" {{ path = "{state}" }}\n}}\n'
    world.write({"main.tf": backend + 'resource "terraform_data" "it" {}\n'})
    folders = (str(state.parent),)
    outcome = world.apply(world.planned(state_folders=folders), state_folders=folders)
    assert isinstance(outcome, Applied), outcome
    assert "terraform_data" in state.read_text()


@needs_landlock
@pytest.mark.parametrize("named", ["state_folders", "visible"])
def test_a_symlink_that_a_run_made_of_a_folder_opens_nothing(world: Installation, named: str) -> None:
    key = world.keep(world.folder / "keys" / "artifacts")
    states = world.outside / "states"
    states.symlink_to(key.parent)
    of_source = (str(states),) if named == "state_folders" else ()
    world.executor = ExecutorSettings(visible=(world.outside, *(() if of_source else (states,))))
    world.write({"main.tf": f'output "it" {{ value = file("{key}") }}\n'})
    shown = world.failed(state_folders=of_source)
    assert REFUSED.search(str(shown.diagnostics))


@needs_landlock
def test_what_the_operator_makes_visible_is_open_and_only_that(world: Installation) -> None:
    profile = world.keep(world.home / ".aws" / "config")
    other = world.keep(world.home / ".netrc")
    world.executor = ExecutorSettings(visible=(profile.parent,))
    world.write({"main.tf": f'output "it" {{ value = file("{profile}") }}\n'})
    assert world.planned().changed
    world.write({"main.tf": f'output "it" {{ value = file("{other}") }}\n'})
    assert REFUSED.search(str(world.failed().diagnostics))


@needs_landlock
def test_a_file_that_the_operator_hands_over_by_a_variable_is_readable(world: Installation) -> None:
    token = world.keep(world.home / "token")
    world.engines = replace(world.engines, env=("WEB_TOKEN_FILE",))
    os.environ["WEB_TOKEN_FILE"] = str(token)
    try:
        world.write({"main.tf": f'output "it" {{ value = file("{token}") }}\n'})
        assert world.planned().changed
    finally:
        del os.environ["WEB_TOKEN_FILE"]


@needs_landlock
def test_a_mirrored_provider_in_the_home_works_and_cannot_be_replaced(world: Installation) -> None:
    mirror = install(world.home / "mirror")
    world.engines = replace(world.engines, plugin_mirror=mirror)
    use = f"""
terraform {{
  required_providers {{
    cloudfile = {{ source = "driftline/cloudfile" }}
  }}
}}
provider "cloudfile" {{ path = "{world.outside}/cloud.json" }}
resource "cloudfile_object" "a" {{ name = "a" }}
"""
    world.write({"main.tf": use})
    world.applied(world.planned())
    assert (world.outside / "cloud.json").exists()
    assert REFUSED.search(world.says(use + DOES % f"touch {mirror / CLOUDFILE}/x"))


# Whether at all


def test_unconfined_it_reads_what_the_user_reads(world: Installation) -> None:
    world.executor = ExecutorSettings(confine="never")
    path = world.keep(world.folder / "driftline.db")
    world.write({"main.tf": f'output "it" {{ value = file("{path}") }}\n'})
    assert CANARY in str(world.planned().document)


def test_without_kernel_support_it_runs_unless_it_is_required(
    world: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    monkeypatch.setattr(namespaced, "problem", lambda: "no namespaces here")
    assert isinstance(world.plan(), Planned)
    world.executor = ExecutorSettings(confine="required")
    with pytest.raises(NotConfined) as refused:
        world.plan()
    assert "doctor" in refused.value.hint


@needs_landlock
def test_required_wants_namespaces_and_is_content_with_nothing_less(world: Installation) -> None:
    if namespaced.problem():
        with pytest.raises(NotConfined, match="not in this test"):
            replace(world, executor=ExecutorSettings(confine="required")).plan()
        return
    world.executor = ExecutorSettings(confine="required")
    world.write({"main.tf": 'resource "terraform_data" "a" {}\n'})
    assert isinstance(world.apply(world.planned()), Applied)


@pytest.mark.parametrize(
    ("module", "key"),
    [
        ('output "it" {{ value = file("{home}/.aws/config") }}\n', "executor.visible: [{home}/.aws]"),
        ('output "it" {{ value = file("{data}/driftline.db") }}\n', "no setting gives access"),
    ],
    ids=["home", "data_dir"],
)
def test_a_plan_that_was_denied_something_says_which_key_opens_it(
    world: Installation, module: str, key: str
) -> None:
    places = {"home": world.home, "data": world.folder}
    world.keep(world.home / ".aws" / "config")
    world.keep(world.folder / "driftline.db")
    world.write({"main.tf": module.format(**places)})
    error = world.plan()
    assert isinstance(error, EngineError)
    assert key.format(**places) in error.denied
    assert "This run is confined" in world.log


def test_an_apply_that_may_not_write_somewhere_says_which_key_opens_it(world: Installation) -> None:
    if namespaced.problem():
        pytest.skip("Landlock leaves the rest of the machine writable")
    place = world.folder.parent / "elsewhere"
    place.mkdir()
    world.write({"main.tf": DOES % f"echo x > {place}/made"})
    planned = world.plan()
    assert isinstance(planned, Planned)
    error = world.apply(planned)
    assert isinstance(error, EngineError)
    assert f"executor.visible: [{place}]" in error.denied
