"""An installation with two stacks of one source: `web`, whose plans may be hostile, and `other`, whose never are."""

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from world import ANA, World

from adversaries.mirror import install
from runner.cli.main import main
from runner.model.changes.changes import ChangeSet, Diagnostic
from runner.model.run.life import Run, State
from runner.service.cycle.dispatch import next_assignment
from runner.service.execution.export import export_tree
from runner.service.operator.request import request_plan
from runner.service.queue.assignment import Assignment
from runner.service.queue.enqueue import enqueue_due

# A plan whose code stops every process ends at its limit, which is thus waited for in one round of ten. It has to be longer
# than what the provider waits for its code.
CONFIG = """\
executor: {confine: required}
timeouts: {plan: 20s}
"""
STACKS = ("web", "other")
# What a plan reads of its own folder and of a shared one: whatever is changed there, or added, would show.
HONEST = """\
module "part" {
  source = "../shared"
  value  = "%(name)s %(value)s"
}
resource "terraform_data" "one" {
  input = "%(value)s"
}
resource "terraform_data" "note" {
  input = file("${path.module}/note.txt")
}
resource "terraform_data" "files" {
  input = join(" ", fileset(path.module, "**"))
}
"""
SHARED = """\
variable "value" {
}
resource "terraform_data" "part" {
  input = "${var.value} ${join(" ", fileset(path.module, "**"))}"
}
"""
HOSTILE = """\
terraform {
  required_providers {
    adversary = { source = "driftline/adversary" }
  }
}
data "adversary_acts" "now" {
  seed    = %(seed)s
  outside = %(outside)s
  known   = %(known)s
}
output "told" {
  value = data.adversary_acts.now.told
}
"""
# How often terraform writes a state while it applies, and so its serial, is a matter of time.
_PASSING = re.compile(r'"(lineage|id|serial)": (?:"[^"]*"|\d+)')


@dataclass(frozen=True)
class Seen:
    """What became of one plan, as people and records see it."""

    state: State
    changes: ChangeSet | None
    diagnostics: tuple[Diagnostic, ...]


@dataclass
class Ground:
    root: Path
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        mirror = install(self.root / "mirror")
        self.world = World(self.root, CONFIG, engines=f"  plugin_mirror: {mirror}\n  offline: true\n")
        for name in STACKS:
            self._write(f"{name}/stack.yaml", f"name: {name}\n")
            self._write(f"{name}/note.txt", f"a note of {name}\n")
        self._write("shared/main.tf", SHARED)

    @property
    def data(self) -> Path:
        return self.root / "data"

    def commit(self, value: str, hostile: str | None = None) -> str:
        """Both stacks with this value, and the first one with what a hostile author adds."""
        for name in STACKS:
            self._write(f"{name}/main.tf", HONEST % {"name": name, "value": value})
        added = {"web/zz.tf": hostile}
        if hostile is None and not (self.world.repository / "web" / "zz.tf").exists():
            added = {}
        return self.world.commit_files(added)

    def poll(self) -> None:
        problem = self.world.poll().problems
        assert not problem, problem

    def ready(self, stack: str) -> Assignment:
        """What is due for the stack, as its worker gets it."""
        enqueue_due(self.world.app.store, self.world.clock, ())
        due = [run.id for run in self.world.runs(stack=stack) if run.state is State.QUEUED]
        assert due, f"nothing is due for {stack}"
        assignment = next_assignment(self.world.app.control, only=due[0])
        assert assignment is not None, f"run-{due[0]} of {stack} cannot begin"
        return assignment

    def export(self, assignment: Assignment) -> None:
        """The tree that its plan will find, so that it is there to be compared."""
        export_tree(assignment.job, self.world.app.worker.ports, None)

    def perform(self, assignment: Assignment) -> Run:
        return self.world.app.worker.perform(assignment)

    def planned(self, stack: str) -> Run:
        """A plan of it now, at the commit that is known."""
        request_plan(self.world.app.control, self.world.app.discoverer, stack, ANA)
        return self.perform(self.ready(stack))

    def seen(self, run: Run) -> Seen:
        with self.world.app.store.reading() as reader:
            return Seen(run.state, reader.changes(run.id), reader.diagnostics(run.id))

    def acts(self, run: Run) -> dict[str, list[int]]:
        """What the hostile code of the run could do; empty where it took its own plan with it."""
        changes = self.seen(run).changes
        for output in changes.outputs if changes is not None else ():
            if output.name == "told" and isinstance(output.after, str):
                try:
                    acts: dict[str, list[int]] = json.loads(output.after)
                except ValueError:
                    return {}
                return acts
        return {}

    def applied(self, stack: str) -> str:
        """Plan, approve and apply it; its state without what is random in it."""
        run = self.planned(stack)
        assert run.state is State.AWAITING_APPROVAL, (stack, run.state, run.reason)
        self.world.approve(run)
        assignment = next_assignment(self.world.app.control, only=run.id)
        assert assignment is not None, f"{run.name} of {stack} cannot be applied"
        done = self.perform(assignment)
        assert done.state is State.APPLIED, (stack, done.state, done.reason)
        return _PASSING.sub(r'"\1": ""', self.world.app.workspaces.state_file(stack, "default").read_text())

    def verify(self) -> str:
        """The records; empty where they are whole."""
        result = CliRunner().invoke(main, ["-c", str(self.world.config), "audit", "verify"])
        return "" if result.exit_code == 0 else result.output

    def _write(self, name: str, text: str) -> None:
        path = self.world.repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def hostile(seed: int, known: list[str]) -> str:
    return HOSTILE % {
        "seed": quoted(str(seed)),
        "outside": quoted(pid_namespace()),
        "known": quoted(json.dumps(known)),
    }


def pid_namespace() -> str:
    return os.readlink("/proc/self/ns/pid")  # noqa: PTH115


def quoted(text: Any) -> str:
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")
