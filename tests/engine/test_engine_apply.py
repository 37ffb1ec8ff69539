"""Applying with a real terraform: exactly the plan, and the truth about how it ended."""

import json
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from engine_world import Steps, World, failed, needs_namespaces, needs_terraform, state_of, wait_until

from runner.model.settings.server import EnginesSettings
from runner.model.stack.definition import StackDefinition
from runner.model.values.span import Seconds
from runner.ports.engine import Applied

pytestmark = needs_terraform
KEPT = 'resource "terraform_data" "kept" { input = 1 }\n'
PROVISIONED = 'resource "terraform_data" "a" {\n  provisioner "local-exec" { command = "%s" }\n}\n'


def test_an_apply_does_what_was_planned_though_the_values_changed_since(world: World) -> None:
    planned = world.planned()
    world.stack = replace(world.stack, vars={"word": "later"})
    assert world.applied(planned).outputs == {"word": "one"}


def test_a_stale_plan_is_refused_before_anything_is_touched(world: World) -> None:
    first, second = world.planned(), world.planned()
    world.applied(first)
    before = (world.own / "state" / "terraform.tfstate").read_bytes()
    error = failed(world.apply(second))
    assert (error.stale, error.begun, error.unfinished, error.exit_code) == (True, False, (), 1)
    assert (world.own / "state" / "terraform.tfstate").read_bytes() == before


def test_a_state_held_by_somebody_else_is_not_a_failure(world: World) -> None:
    planned = world.planned()
    world.applied(planned)
    world.stack = replace(world.stack, vars={"word": "two"})
    second = world.planned()
    execution = world.execution(for_apply=True)
    engine = world.engine
    engine.settings = replace(
        engine.settings,
        apply=replace(engine.settings.apply, lock_timeout=Seconds(0)),
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(world.own / "state" / "terraform.tfstate")],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        error = failed(engine.apply(execution, second.plan_file, "0" * 64))
    finally:
        holder.communicate(b"\n")
    assert (error.state_locked, error.begun) == (True, False)
    assert error.lock is not None
    assert error.lock.id == "11111111-2222-3333-4444-555555555555"


# As terraform's local backend does it: an fcntl lock on the state, and a file that says who.
HOLD = """
import fcntl, json, pathlib, sys
state = pathlib.Path(sys.argv[1])
file = state.open("r+")
fcntl.lockf(file, fcntl.LOCK_EX)
about = {"ID": "11111111-2222-3333-4444-555555555555", "Operation": "OperationTypeApply", "Who": "me@here",
         "Version": "1.11.4", "Created": "2026-01-01T00:00:00Z", "Path": "x", "Info": ""}
state.with_name(f".{state.name}.lock.info").write_text(json.dumps(about))
print(flush=True)
sys.stdin.read(1)
"""


def test_a_failed_resource_is_finished_and_what_depends_on_it_never_began(world: World) -> None:
    world.write(
        {
            "main.tf": 'resource "terraform_data" "a" {\n  provisioner "local-exec" { command = "exit 3" }\n}\n'
            'resource "terraform_data" "b" { depends_on = [terraform_data.a] }\n'
        }
    )
    error = failed(world.apply(world.planned()))
    assert (error.command, error.exit_code, error.begun, error.unfinished) == ("apply", 1, True, ())
    assert any(d.summary == "local-exec provisioner error" for d in error.diagnostics)
    assert (error.stale, error.canceled, error.signal, error.salvaged) == (False, False, None, ())


def test_a_canceled_apply_gets_one_interrupt_and_names_what_it_had_begun(world: World, steps: Steps) -> None:
    planned = world.planned()

    def ask() -> None:
        wait_until(lambda: "waiting\n" in world.log, "b began")
        world.cancel.set()

    watcher = threading.Thread(target=ask)
    watcher.start()
    error = failed(world.apply(planned))
    watcher.join()
    assert (error.canceled, error.begun) == (True, True)
    assert "Interrupt received" in world.log or "interrupt" in world.log.lower()
    assert steps.effects == ["a"]
    # The state was saved on the way out: a resource is tainted or missing, and nothing is lost.
    assert state_of(world.own / "state" / "terraform.tfstate")["resources"][0]["name"] == "a"


def test_an_apply_that_was_canceled_before_it_began_is_not_started(world: World, steps: Steps) -> None:
    planned = world.planned()
    world.cancel.set()
    error = failed(world.apply(planned))
    assert (error.command, error.canceled, error.begun) == ("apply", True, False)
    assert steps.effects == []


@needs_namespaces
def test_processes_left_by_a_provisioner_end_before_the_apply_is_recorded(world: World) -> None:
    late = world.outside / "late"
    # In a session of its own, without any of its output files; its number is not known here, but its arguments are.
    command = f"setsid sleep 1000.7 >/dev/null 2>&1 & touch {late}"
    world.write({"main.tf": PROVISIONED % command})
    assert isinstance(world.apply(world.planned()), Applied)
    assert late.exists()
    commands = [_command(folder) for folder in Path("/proc").glob("[0-9]*")]
    assert b"sleep\0001000.7\0" not in commands


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_no_deadline_reaches_an_apply(world: World, steps: Steps) -> None:
    planned = world.planned()
    steps.go.touch()
    world.timeouts = replace(world.timeouts, plan=Seconds(0.01), show=Seconds(0.01))
    assert isinstance(world.apply(planned), Applied)
    assert steps.effects == ["a", "b", "c"]


def test_an_apply_initialises_again_where_the_data_directory_was_lost(
    world: World, packed_mirror: Path
) -> None:
    world.engines = EnginesSettings(plugin_mirror=packed_mirror, offline=True)
    world.write(
        {
            "main.tf": 'terraform {\n  required_providers {\n    cloudfile = { source = "driftline/cloudfile" }\n  }\n}\n'
            f'provider "cloudfile" {{ path = "{world.outside}/cloud.json" }}\n'
            'resource "cloudfile_object" "a" { name = "a" }\n'
        }
    )
    planned = world.planned()
    shutil.rmtree(world.own / "data")
    world.applied(planned)
    assert json.loads((world.outside / "cloud.json").read_text())["objects"].keys() == {"a"}


def test_an_apply_goes_on_when_its_log_cannot_be_written(world: World, steps: Steps) -> None:
    planned = world.planned()
    steps.go.touch()
    execution = world.execution(for_apply=True)
    broken = replace(execution, log=world.folder / "nowhere" / "run.log")
    outcome = world.engine.apply(broken, planned.plan_file, "0" * 64)
    assert isinstance(outcome, Applied)
    assert outcome.log_complete is False
    assert steps.effects == ["a", "b", "c"]


def test_outputs_are_masked_in_the_result_the_log_and_the_raw_output(world: World) -> None:
    world.write(
        {
            "main.tf": 'variable "pw" {\n  sensitive = true\n}\n'
            'output "pw" {\n  value = var.pw\n  sensitive = true\n}\noutput "open" { value = "x" }\n'
        }
    )
    world.stack = StackDefinition(name="prod/app", vars={"pw": "canary-5f3a9b"})
    applied = world.applied(world.planned())
    assert applied.outputs == {"pw": "(sensitive value)", "open": "x"}
    assert world.last is not None
    assert "canary-5f3a9b" not in world.log
    assert "canary-5f3a9b" not in (world.last.workspace.control / "apply.jsonl").read_text()


class Backend(BaseHTTPRequestHandler):
    """terraform's http backend, on which no state can be saved."""

    def do_GET(self) -> None:
        self.answer(404)

    def do_LOCK(self) -> None:
        self.answer(200)

    def do_UNLOCK(self) -> None:
        self.answer(200)

    def do_POST(self) -> None:
        self.answer(500)

    def answer(self, code: int) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_state_that_could_not_be_saved_is_kept_in_a_safe_place(world: World) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/state"
    world.managed = False
    world.write({"b.tf": 'terraform {\n  backend "http" {}\n}\n'})
    world.stack = StackDefinition(
        name="prod/app",
        backend_config={
            "address": address,
            "lock_address": address,
            "unlock_address": address,
            "retry_max": "0",
        },
    )
    try:
        error = failed(world.apply(world.planned()))
    finally:
        server.shutdown()
        server.server_close()
    assert (error.exit_code, error.begun) == (1, True)
    [saved] = error.salvaged
    assert saved.is_relative_to(world.own)
    assert state_of(saved)["resources"][0]["name"] == "a"
    assert saved.stat().st_mode & 0o777 == 0o600
    assert not (world.module / "errored.tfstate").exists()
    assert f"terraform state push {saved}" in error.diagnostics[-1].detail


def test_an_apply_is_given_the_ephemeral_variables_that_the_plan_was_given(world: World) -> None:
    world.write({"main.tf": 'variable "word" {\n  type      = string\n  ephemeral = true\n}\n' + KEPT})
    world.stack = replace(world.stack, vars={"word": "one"})
    assert world.applied(world.planned()).diagnostics == ()
