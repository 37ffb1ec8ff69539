"""Applying with a real terraform: exactly the plan, and the truth about how it ended."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from engine_world import World, needs_terraform, state_of, wait_until

from runner.claims import FileClaims
from runner.clock import SystemClock
from runner.model.run import Claim
from runner.model.settings import EnginesSettings
from runner.model.span import Seconds
from runner.model.stack import StackDefinition
from runner.ports import Applied, EngineError

pytestmark = needs_terraform

# Each step leaves a line in effects.log; `b` waits for the file `go`.
STEPS = """
resource "terraform_data" "a" {
  provisioner "local-exec" { command = "echo a >> %(log)s" }
}
resource "terraform_data" "b" {
  depends_on = [terraform_data.a]
  provisioner "local-exec" { command = "echo waiting; until [ -e %(go)s ]; do sleep 0.05; done; echo b >> %(log)s" }
}
resource "terraform_data" "c" {
  depends_on = [terraform_data.b]
  provisioner "local-exec" { command = "echo c >> %(log)s" }
}
"""


class Steps:
    def __init__(self, world: World) -> None:
        self.log = world.folder / "effects.log"
        self.go = world.folder / "go"
        world.write({"main.tf": STEPS % {"log": self.log, "go": self.go}})

    @property
    def effects(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


@pytest.fixture
def steps(world: World) -> Steps:
    return Steps(world)


def failed(outcome: Applied | EngineError) -> EngineError:
    assert isinstance(outcome, EngineError), outcome
    return outcome


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


def test_a_state_that_somebody_else_holds_is_told_from_a_failure(world: World) -> None:
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
        error = failed(engine.apply(execution, second.plan_file))
    finally:
        holder.communicate(b"\n")
    assert (error.state_locked, error.begun) == (True, False)
    assert error.lock_id == "11111111-2222-3333-4444-555555555555"


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
        wait_until(lambda: "waiting" in world.log, "b began")
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


def test_what_a_provisioner_leaves_running_is_not_killed(world: World) -> None:
    late = world.folder / "late"
    command = f"(sleep 0.5; touch {late}) >/dev/null 2>&1 &"
    world.write(
        {
            "main.tf": f'resource "terraform_data" "a" {{\n  provisioner "local-exec" {{ command = "{command}" }}\n}}\n'
        }
    )
    assert isinstance(world.apply(world.planned()), Applied)
    wait_until(late.exists, "it went on")


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
            f'provider "cloudfile" {{ path = "{world.folder}/cloud.json" }}\n'
            'resource "cloudfile_object" "a" { name = "a" }\n'
        }
    )
    planned = world.planned()
    shutil.rmtree(world.own / "data")
    world.applied(planned)
    assert json.loads((world.folder / "cloud.json").read_text())["objects"].keys() == {"a"}


def test_an_apply_goes_on_when_its_log_can_not_be_written(world: World, steps: Steps) -> None:
    planned = world.planned()
    steps.go.touch()
    execution = world.execution(for_apply=True)
    broken = replace(execution, log=world.folder / "nowhere" / "run.log")
    outcome = world.engine.apply(broken, planned.plan_file)
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
    assert "canary-5f3a9b" not in (world.last.workspace.scratch / "apply.jsonl").read_text()


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


CHILD = """
import sys, threading
from pathlib import Path
sys.path[:0] = sys.argv[3].split(":")
from engine_world import World
world = World(Path(sys.argv[1]))
world.run = 1
claim = __import__("runner.claims", fromlist=["x"]).FileClaims(world.folder, __import__("runner.clock", fromlist=["x"]).SystemClock()).take(2)
print(claim.claim.token, flush=True)
execution = world.execution(for_apply=True, claim_fd=claim.fd)
world.engine.apply(execution, Path(sys.argv[2]))
"""


def resources_in(state: Path) -> int:
    """As far as it can be told: terraform writes the file in place."""
    try:
        return len(state_of(state)["resources"])
    except (FileNotFoundError, ValueError):
        return 0


def test_a_terraform_whose_parent_was_killed_finishes_and_holds_the_claim(world: World, steps: Steps) -> None:
    planned = world.planned()
    script = world.folder / "child.py"
    script.write_text(CHILD)
    child = subprocess.Popen(
        [sys.executable, str(script), str(world.folder), str(planned.plan_file), ":".join(sys.path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    token = child.stdout.readline().strip()
    wait_until(lambda: steps.effects == ["a"] and "waiting" in world.workspaces.log(2).read_text(), "b began")
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    claims = FileClaims(world.folder, SystemClock())
    assert claims.alive(Claim(token, "here", child.pid, SystemClock().now()))
    assert claims.take(2) is None
    steps.go.touch()
    state = world.own / "state" / "terraform.tfstate"
    wait_until(lambda: resources_in(state) == 3, "the apply is complete")
    assert steps.effects == ["a", "b", "c"]
    claim = Claim(token, "here", child.pid, SystemClock().now())
    wait_until(lambda: not claims.alive(claim), "the claim is free")
    raw = (world.folder / "runs" / "2" / "apply.jsonl").read_text().splitlines()
    assert any(json.loads(line).get("changes", {}).get("operation") == "apply" for line in raw)


def test_a_killed_terraform_is_named_by_its_signal_with_what_it_had_begun(world: World, steps: Steps) -> None:
    planned = world.planned()

    def kill() -> None:
        wait_until(lambda: "waiting" in world.log, "b began")
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                argv = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"apply" in argv and str(planned.plan_file).encode() in argv:
                os.kill(int(folder.name), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    error = failed(world.apply(planned))
    killer.join()
    steps.go.touch()
    assert (error.signal, error.unfinished, error.begun) == (9, ("terraform_data.b",), True)
    assert error.diagnostics[-1].summary == "terraform apply ended with signal 9"
