"""An apply whose parent, shim or terraform is killed: what goes on, and what is known of it."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from engine_world import Steps, World, failed, needs_terraform, state_of, wait_until

from runner.datadir.claims import FileClaims
from runner.host.clock import SystemClock
from runner.model.run.life import Claim
from runner.ports.engine import Applied, EngineError

pytestmark = needs_terraform

CHILD = """
import sys, threading
from pathlib import Path
sys.path[:0] = sys.argv[3].split(":")
from engine_world import World
world = World(Path(sys.argv[1]))
world.run = 1
claim = __import__("runner.datadir.claims", fromlist=["x"]).FileClaims(world.folder, __import__("runner.host.clock", fromlist=["x"]).SystemClock()).take(2)
print(claim.claim.token, flush=True)
execution = world.execution(for_apply=True, claim=claim)
world.engine.apply(execution, Path(sys.argv[2]), "0" * 64)
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
    wait_until(
        lambda: steps.effects == ["a"] and "waiting\n" in world.workspaces.log(2).read_text(), "b began"
    )
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
    raw = (world.folder / "control" / "2" / "apply.jsonl").read_text().splitlines()
    assert any(json.loads(line).get("changes", {}).get("operation") == "apply" for line in raw)


def of_apply(plan_file: Path) -> dict[str, int]:
    """The shim and the terraform of this apply: which is which, and its pid."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            argv = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(plan_file).encode() in b"\0".join(argv):
            if argv[0].endswith(b"terraform"):
                found["terraform"] = int(folder.name)
            elif argv[3:4] and argv[3].endswith(b"shim.py"):
                found["shim"] = int(folder.name)
    return found


def killed(world: World, steps: Steps, *who: str) -> EngineError:
    """The end of an apply of which these are killed while `b` is made; the provisioner's command goes on after it."""
    planned = world.planned()

    def kill() -> None:
        try:
            wait_until(lambda: "waiting\n" in world.log, "b began")
            pids = of_apply(planned.plan_file)
            for name in who:
                os.kill(pids[name], signal.SIGKILL)
        finally:
            steps.go.touch()

    killer = threading.Thread(target=kill)
    killer.start()
    claim = FileClaims(world.folder, SystemClock()).take(world.run + 1)
    assert claim is not None
    error = failed(world.apply(planned, claim=claim))
    killer.join()
    claim.release()
    return error


def test_a_killed_terraform_is_named_by_its_signal_with_what_it_had_begun(world: World, steps: Steps) -> None:
    error = killed(world, steps, "terraform")
    assert (error.signal, error.unfinished, error.begun) == (9, ("terraform_data.b",), True)
    assert error.diagnostics[-1].summary == "terraform apply ended with signal 9"
    assert error.evidence is not None
    assert error.evidence.exit_code == -9
    assert error.evidence.log[-1].endswith("waiting")


def test_an_apply_killed_with_its_shim_is_lost_only_after_its_last_child(world: World, steps: Steps) -> None:
    error = killed(world, steps, "shim", "terraform")
    assert steps.effects == ["a", "b"]
    assert (error.lost, error.signal, error.unfinished) == (True, None, ("terraform_data.b",))
    assert error.diagnostics[-1].summary == "the outcome of terraform apply is unknown"
    assert error.evidence is not None
    assert (error.evidence.exit_code, error.evidence.unfinished) == (None, ("terraform_data.b",))


def test_the_locks_are_its_own_as_soon_as_it_runs(world: World, steps: Steps) -> None:
    planned = world.planned()
    claim = FileClaims(world.folder, SystemClock()).take(world.run + 1, "state")
    assert claim is not None
    seen: list[tuple[bool, bool]] = []

    def look() -> None:
        try:
            wait_until(lambda: "waiting\n" in world.log, "b began")
            seen.append((claim.lock is not None, claim.running()))
        finally:
            steps.go.touch()

    looking = threading.Thread(target=look)
    looking.start()
    assert isinstance(world.apply(planned, claim=claim), Applied)
    looking.join()
    assert seen == [(False, True)]
    claim.release()
