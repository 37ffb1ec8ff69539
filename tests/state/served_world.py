"""A run that executes on another host: a web server with its state, its credentials, and terraform in a folder."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from cli_world import World, planned
from live import live
from web_process import serving

from runner.app import App
from runner.engine.served_state import CONTENT, FILE, variables
from runner.model.execution.job import Phase
from runner.model.run.life import Event, Run
from runner.model.state.served import ServedState
from runner.ports.keeping import HeldClaim
from runner.service.cycle.dispatch import next_assignment
from runner.service.state.access import give_access

TERRAFORM = shutil.which("terraform") or "terraform"
CODE = 'resource "terraform_data" "it" {\n  input = "%s"\n}\n'
SLOW = """\
resource "terraform_data" "it" {
  provisioner "local-exec" { command = "touch begun; until [ -e go ]; do sleep 0.05; done" }
}
"""


@dataclass
class Elsewhere:
    """`held` is the claim of its run on this host, which stands for that of a worker."""

    world: World
    app: App
    url: str
    run: Run
    held: HeldClaim
    folder: Path
    served: ServedState

    def terraform(self, *words: str, served: ServedState | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [TERRAFORM, *words],
            cwd=self.folder,
            env=self.environment(served),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [TERRAFORM, *words],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def environment(self, served: ServedState | None = None) -> dict[str, str]:
        own = {"PATH": os.environ["PATH"], "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        return {**own, "HOME": str(self.folder), **variables(served or self.served)}

    def code(self, text: str) -> None:
        (self.folder / "main.tf").write_text(text)

    def ask(
        self, method: str, content: bytes = b"", served: ServedState | None = None, **how: Any
    ) -> httpx2.Response:
        of = served or self.served
        return httpx2.request(
            method, of.address, content=content, auth=(of.username, of.password), timeout=60, **how
        )

    def again(self, phase: Phase = Phase.PLAN) -> ServedState:
        with self.app.store.writing() as writer:
            return give_access(self.app.control, writer, self.run, phase, self.url)

    def moves(self, event: Event, **fields: Any) -> None:
        """Its run goes on, or ends."""
        with self.app.store.writing() as writer:
            run = writer.transition(writer.run(self.run.id), event, by="daemon", **fields)
            self.run = writer.release(run) if run.final else run
        if self.run.final:
            self.held.release()

    @property
    def diagnostics(self) -> str:
        with self.app.store.reading() as reader:
            return " ".join(one.summary for one in reader.diagnostics(self.run.id))


@contextmanager
def confined(world: World) -> Iterator[str]:
    """The server as a process of its own, behind its wall."""
    with serving(world) as process:
        yield f"http://127.0.0.1:{process.port}"


def here(world: World) -> AbstractContextManager[str]:
    return live(world.app)


@contextmanager
def elsewhere(
    tmp_path: Path, *, applies: bool = True, server: Callable[[World], AbstractContextManager[str]] = here
) -> Iterator[Elsewhere]:
    """Its apply has passed the gate, unless it only plans."""
    world = planned(tmp_path)
    app = world.app
    if applies:
        world.approve("run-1")
    else:
        world.run("plan", "app", "--no-wait")
    assignment = next_assignment(app.control)
    assert assignment is not None
    with app.store.reading() as reader:
        run = reader.run(assignment.job.run)
    folder = world.root / "elsewhere"
    folder.mkdir()
    (folder / FILE).write_bytes(CONTENT)
    with server(world) as url:
        with app.store.writing() as writer:
            served = give_access(app.control, writer, run, assignment.job.phase, url)
        made = Elsewhere(world, app, url, run, assignment.held, folder, served)
        if applies:
            made.moves(Event.START_APPLY, executed_digest=run.plan_digest)
        made.code(CODE % "one")
        try:
            yield made
        finally:
            assignment.held.release()
