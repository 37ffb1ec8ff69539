"""An apply whose parent was killed, followed to its end by another process: nothing is lost, nothing is logged twice."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from engine_world import World, needs_terraform, state_of, wait_until

from runner.datadir.claims import FileClaims
from runner.engine import read_in_child
from runner.engine.journal import Journal
from runner.engine.json_output import JsonOutput
from runner.engine.redaction import Redaction
from runner.engine.state import mark as state_mark
from runner.host.clock import SystemClock
from runner.model.run.life import Claim
from runner.ports.engine import Applied, EngineError, Execution, NotBegun

DIGEST = "0" * 64
TITLE = "== terraform apply"
# `b` waits for the file `go`; each says much, so that a kill meets the log in the middle.
STEPS = """
resource "terraform_data" "a" {
  provisioner "local-exec" { command = "for i in $(seq 200); do echo line $i; done" }
}
resource "terraform_data" "b" {
  depends_on = [terraform_data.a]
  provisioner "local-exec" { command = "echo waiting; until [ -e %(go)s ]; do sleep 0.05; done; echo went on" }
}
"""
CHILD = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[3].split(":")
from engine_world import World
from runner.datadir.claims import FileClaims
from runner.host.clock import SystemClock
world = World(Path(sys.argv[1]))
world.run = 1
claim = FileClaims(world.folder, SystemClock()).take(2)
print(claim.claim.token, flush=True)
world.engine.apply(world.execution(for_apply=True, claim=claim), Path(sys.argv[2]), "0" * 64)
"""


def again(world: World) -> Execution:
    """The surroundings of the same run, as another process makes them."""
    world.run = 1
    return world.execution(for_apply=True)


def logged(world: World) -> list[str]:
    """What the log says of the apply."""
    lines = world.workspaces.log(2).read_text().splitlines()
    return lines[lines.index(TITLE) + 1 :]


def said(world: World) -> list[str]:
    """What it has to say: each line of the output once, in order."""
    assert world.last is not None
    output = JsonOutput(Redaction(), "terraform")
    raw = (world.last.workspace.control / "apply.jsonl").read_text().splitlines()
    return [line for each in raw for line in output.feed(each)]


@needs_terraform
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_one_whose_parent_was_killed_is_followed_to_its_end(world: World, number: signal.Signals) -> None:
    go = world.outside / "go"
    world.write({"main.tf": STEPS % {"go": go}})
    planned = world.planned()
    script = world.folder / "child.py"
    script.write_text(CHILD)
    argv = [sys.executable, str(script), str(world.folder), str(planned.plan_file), ":".join(sys.path)]
    world.run = 2
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        token = child.stdout.readline().strip()
        try:
            wait_until(lambda: "line 50\n" in world.log, "it is in the middle")
        finally:
            child.send_signal(number)
    claims = FileClaims(world.folder, SystemClock())
    held = claims.adopt(Claim(token, os.uname().nodename, 1, SystemClock().now()))
    assert held is not None
    assert held.running()
    go.touch()
    world.run = 1
    execution = world.execution(for_apply=True, claim=held)
    outcome = world.engine.adopt(execution, DIGEST)
    assert isinstance(outcome, Applied), outcome
    assert logged(world) == said(world)
    assert [line for line in logged(world) if line.endswith("went on")] != []
    once = world.workspaces.log(2).read_bytes()
    assert world.engine.adopt(execution, DIGEST) == outcome
    assert world.workspaces.log(2).read_bytes() == once
    held.release()


def line(text: str) -> str:
    return json.dumps({"type": "log", "@message": text}) + "\n"


END = json.dumps({"type": "change_summary", "changes": {"operation": "apply"}, "@message": "done"}) + "\n"


@pytest.fixture
def over(world: World) -> Execution:
    """An apply that has ended well and said something, with its log begun."""
    execution = again(world)
    control = execution.workspace.control
    (control / "apply.jsonl").write_text(
        "".join(line(f"says ü {number}") for number in range(6)) + line("x\ny") + END
    )
    (control / "apply.jsonl").chmod(0o600)
    (control / "apply.stderr").write_text("a warning\n")
    (execution.workspace.control / "apply.result").write_text('{"exit_code": 0, "seconds": 1.0}')
    execution.log.write_text(f"== terraform plan\nsays ü 0\n{TITLE}\n")
    return execution


def test_wherever_the_log_ends_it_is_gone_on_with(world: World, over: Execution) -> None:
    begun = over.log.read_bytes()
    world.engine.adopt(over, DIGEST)
    whole = over.log.read_bytes()
    assert logged(world) == [*(f"says ü {number}" for number in range(6)), "x", "y", "done", "a warning"]
    for cut in range(len(begun), len(whole)):
        over.log.write_bytes(whole[:cut])
        world.engine.adopt(over, DIGEST)
        assert over.log.read_bytes() == whole, cut


def test_a_log_that_is_gone_is_written_again(world: World, over: Execution) -> None:
    over.log.unlink()
    assert isinstance(world.engine.adopt(over, DIGEST), Applied)
    assert over.log.read_text().endswith("a warning\n")


def test_a_title_that_is_not_there_skips_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\ntwo\n")
    with Journal(path) as journal:
        journal.resume("title")
        journal.write(["one", "three"])
    assert path.read_text() == "one\ntwo\none\nthree\n"


def test_an_unsaved_state_is_found_again_on_every_attempt(world: World, over: Execution) -> None:
    control = over.workspace.control
    (over.workspace.control / "apply.result").write_text('{"exit_code": 1}')
    with (control / "apply.jsonl").open("a") as output:
        output.write("{\n  a state, printed as a last resort\n")
    errored = over.workspace.module / "errored.tfstate"
    errored.write_text('{"serial": 7}')
    seen: list[tuple[Path, ...]] = []
    for _ in range(3):
        outcome = world.engine.adopt(over, DIGEST)
        assert isinstance(outcome, EngineError)
        assert outcome.evidence is not None
        assert outcome.evidence.salvaged == tuple(map(str, outcome.salvaged))
        seen.append(outcome.salvaged)
    assert len(set(seen)) == 1
    assert [path.name for path in seen[0]] == ["run-2.apply.jsonl", "run-2.errored.tfstate"]
    assert {path.stat().st_mode & 0o777 for path in seen[0]} == {0o600}
    assert state_of(seen[0][1]) == {"serial": 7}
    assert not errored.exists()
    world.workspaces.discard(2)
    assert all(path.exists() for path in seen[0])


@pytest.mark.parametrize(
    ("code", "lineage", "taken"),
    [(1, "mine", True), (1, "another", False), (0, "mine", False), (1, "", True)],
)
def test_a_state_of_another_stack_that_shares_the_module_is_left_to_it(
    world: World, over: Execution, code: int, lineage: str, *, taken: bool
) -> None:
    control = over.workspace.control
    (control / "apply.result").write_text(json.dumps({"exit_code": code}))
    (control / "apply.json").write_text('{"serial": 6, "lineage": "mine"}')
    errored = over.workspace.module / "errored.tfstate"
    errored.write_text(json.dumps({"serial": 7, "lineage": lineage}))
    assert over.workspace.state is not None
    over.workspace.state.write_text('{"serial": 6, "lineage": "mine"}')
    world.engine.adopt(over, DIGEST)
    assert errored.exists() is not taken


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every state counts as a large one."""
    monkeypatch.setattr(state_mark, "AT_HAND", 1)


@pytest.mark.parametrize(("lineage", "taken"), [("mine", True), ("another", False), ("", True)])
@pytest.mark.usefixtures("large")
def test_a_large_unsaved_state_is_not_taken_for_another_stacks(
    world: World, over: Execution, lineage: str, *, taken: bool
) -> None:
    control = over.workspace.control
    (control / "apply.result").write_text('{"exit_code": 1}')
    (control / "apply.json").write_text('{"serial": 6, "lineage": "mine"}')
    errored = over.workspace.module / "errored.tfstate"
    errored.write_text(json.dumps({"serial": 7, "lineage": lineage}))
    world.cancel.set()
    world.engine.adopt(over, DIGEST)
    assert errored.exists() is not taken


@pytest.mark.usefixtures("large")
def test_a_state_too_large_to_read_is_kept_and_not_called_damaged(
    world: World, over: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_in_child, "MIN_MEMORY", 1)
    monkeypatch.setattr(read_in_child, "WIDE", 0)
    control = over.workspace.control
    (control / "apply.result").write_text('{"exit_code": 1}')
    (control / "apply.json").write_text('{"serial": 6, "lineage": "mine"}')
    errored = over.workspace.module / "errored.tfstate"
    errored.write_text(json.dumps({"serial": 7, "lineage": "another"}) + " " * 1_000_000)
    outcome = world.engine.adopt(over, DIGEST)
    assert isinstance(outcome, EngineError)
    assert [path.name for path in outcome.salvaged] == ["run-2.errored.tfstate"]


@pytest.mark.usefixtures("large")
def test_a_large_managed_state_proves_an_apply_as_a_small_one_does(world: World, over: Execution) -> None:
    assert over.workspace.state is not None
    (over.workspace.control / "apply.json").write_text('{"serial": 6, "lineage": "mine"}')
    over.workspace.state.write_text(json.dumps({"serial": 7, "lineage": "mine"}))
    assert isinstance(world.engine.adopt(over, DIGEST), Applied)
    over.workspace.state.write_text(json.dumps({"serial": 5, "lineage": "mine"}))
    outcome = world.engine.adopt(over, DIGEST)
    assert isinstance(outcome, EngineError)
    assert "went back from serial 6 to 5" in outcome.doubt


@pytest.mark.parametrize("name", ["pipe.tf", "pipe.auto.tfvars"])
def test_a_pipe_left_in_the_code_by_an_apply_blocks_nothing(world: World, over: Execution, name: str) -> None:
    world.write({"secret.tf": 'variable "v" {\n  sensitive = true\n}\n'})
    os.mkfifo(over.workspace.module / name)
    assert isinstance(world.engine.adopt(over, DIGEST), Applied)


def test_without_any_trace_nothing_has_begun_and_nothing_is_reported(world: World) -> None:
    execution = again(world)
    assert isinstance(world.engine.adopt(execution, DIGEST), NotBegun)
    assert execution.log.read_bytes() == b""


def test_it_needs_no_terraform_to_find_out(world: World, over: Execution, tmp_path: Path) -> None:
    world.use(tmp_path / "nothing")
    assert isinstance(world.engine.adopt(over, DIGEST), Applied)
