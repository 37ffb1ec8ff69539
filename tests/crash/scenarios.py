"""What is being done when a failpoint is reached, and what was there before."""

import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from event_world import FakeQueue, envelope, record
from releases import plain, says, zipped
from stage import LONGEST, STACK, Stage, live
from stage_verdict import resting
from world import ANA

from runner.engine.install.install import Trust, install
from runner.engine.install.place import Place
from runner.engine.versions.inventory import installed_in
from runner.engine.versions.record import hashed
from runner.host.machine import target
from runner.model.engine.release import release
from runner.model.run.life import State
from runner.model.settings.source import Previews
from runner.service.cycle.cloud_events import Listener
from runner.service.cycle.prune import prune
from runner.service.operator import request
from runner.store.database import FILE_NAME

ROUNDS = 8
BACKUP = "backup.db"


@dataclass(frozen=True)
class Scenario:
    """`before` brings the stage there, in lives that nothing is wrong with."""

    name: str
    before: Callable[[Path], object]
    life: Callable[[Stage], object]
    after: str = ""  # another scenario's stage that it begins on


# Lives


def whole(stage: Stage) -> None:
    """From a commit to its apply."""
    stage.daemon()
    stage.person()
    stage.daemon()


def start(stage: Stage) -> None:
    stage.daemon()


def check(stage: Stage) -> None:
    """The cloud is compared with what is applied."""
    stage.start()
    stage.attempt(lambda: request.request_check(stage.app.control, [STACK], ANA))
    stage.attempt(stage.work)


def word(stage: Stage) -> None:
    """A person says what became of an apply of which nobody knows."""
    stage.start()
    stage.attempt(lambda: stage.say(applied=True))
    stage.attempt(stage.work)


def preview(stage: Stage) -> None:
    """A pull request is merged in the mirror, and planned."""
    (source,) = stage.app.settings.sources
    previewed = replace(source, previews=Previews())
    stage.start()
    stage.attempt(lambda: stage.app.previewer.look(previewed))
    stage.attempt(stage.work)


def hear(stage: Stage) -> None:
    """AWS reports a change. Its queue hands it out again until it is deleted."""
    queue = FakeQueue([envelope(record())])
    listener = Listener(stage.app.store, stage.clock, stage.app.settings, queue, lambda _: nullcontext())
    stage.attempt(listener.take_some)
    stage.attempt(listener.take_some)


def amend(stage: Stage) -> None:
    """Accepted drift becomes a commit in the mirror."""
    (source,) = stage.app.settings.sources
    files = {f"{STACK}/note.tf": b'output "note" {\n  value = "accepted"\n}\n'}

    def commit() -> None:
        base = stage.app.git.head(source)
        stage.app.git.fetch(source, base)
        stage.app.git.amend(source, base, files, "Accept drift")

    stage.attempt(commit)


def copy(stage: Stage) -> None:
    stage.attempt(lambda: stage.app.store.backup(stage.root / "data" / BACKUP))


def bring(stage: Stage) -> None:
    """An engine that no stack wants is installed."""
    of = release("terraform", "1.0.11", target())
    archive = zipped(stage.root / of.archive, plain(of.program, says(of.row.product, of.version)))
    place, trust = Place(str(stage.root), of), Trust(sha256=hashed(archive))
    folder = installed_in(stage.app.settings.data_dir)
    stage.attempt(lambda: install(folder, of, place, trust, lambda _: None))


def tidy(stage: Stage) -> None:
    stage.attempt(lambda: prune(stage.app.control, stage.app.workspaces, stage.app.git))


def settle(stage: Stage) -> None:
    """Daemons and people go on, until nothing is left to do or somebody has to say what happened."""
    for turn in range(ROUNDS):
        if turn:
            stage.age(minutes=20)  # what was put off is due
        stage.daemon()
        stage.person()
        if resting(stage) or stage.runs(states=frozenset({State.INTERRUPTED})):
            break


def say_applied(stage: Stage) -> None:
    stage.say(applied=True)
    settle(stage)


def say_failed(stage: Stage) -> None:
    stage.say(applied=False)
    settle(stage)


def much_later(stage: Stage) -> None:
    """What a dead process left lying about is removed by retention."""
    stage.age(days=1)
    stage.start()
    stage.recover()
    prune(stage.app.control, stage.app.workspaces, stage.app.git)


# Stages


def nothing(_: Path) -> None:
    """A commit that nobody has looked at, and no data directory."""


def applied(root: Path) -> None:
    assert live(root, whole) == 0
    Stage(root).step(2)


def requested(root: Path) -> None:
    """A branch has a commit that somebody wants to merge."""
    assert live(root, whole) == 0
    stage = Stage(root)
    stage._git("checkout", "--quiet", "-b", "requested")
    head = stage.commit_files({"web/note.tf": 'output "note" {\n  value = "new"\n}\n'})
    stage._git("update-ref", "refs/pull/1/head", head)
    stage._git("checkout", "--quiet", "main")


def lost(root: Path) -> None:
    """Somebody deleted what was made: here, where nothing but the state knows of it, from the state."""
    assert live(root, whole) == 0
    (state,) = (root / "data" / "workspaces").glob("*/state/terraform.tfstate")
    document = json.loads(state.read_text())
    (resource,) = document["resources"]
    resource["instances"].pop()
    state.write_text(json.dumps({**document, "serial": document["serial"] + 1}))


def without_file(root: Path) -> None:
    """The file of the state is gone, and its versions are there."""
    assert live(root, whole) == 0
    (state,) = (root / "data" / "workspaces").glob("*/state/terraform.tfstate")
    state.unlink()


def unclear(root: Path) -> None:
    assert live(root, whole, "shim.before_result=kill") == 0
    assert live(root, start) == 0
    # As if it could not have saved its state, and a person had pushed it since.
    (state,) = (root / "data" / "workspaces").glob("*/state")
    (state.parent / "salvage").mkdir()
    (state.parent / "salvage" / "run-2.errored.tfstate").write_text("{}")


def planning(root: Path) -> None:
    assert live(root, start, "claim.after_commit=kill") < 0


def applying(root: Path) -> None:
    """Terraform has ended, its shim too, and nobody has seen it."""
    assert live(root, whole, "spawn.after_fork=kill") < 0
    stage = Stage(root)
    (run,) = [run for run in stage.history() if run.claim is not None]
    until = time.monotonic() + LONGEST
    while run.claim is not None and stage.app.claims.alive(run.claim):
        assert time.monotonic() < until
        time.sleep(0.02)
    stage.close()


def restored(root: Path) -> None:
    """An older database is in the place of one that knew of an apply."""
    assert live(root, copy) == 0
    assert live(root, whole) == 0
    (root / "data" / BACKUP).replace(root / "data" / FILE_NAME)


def old(root: Path) -> None:
    """Half a year and more after two applies."""
    assert live(root, whole) == 0
    stage = Stage(root)
    stage.age(days=200)


def renamed(root: Path) -> None:
    """It was applied under another name, and gets its own one back by a commit that nobody has looked at."""
    assert live(root, whole) == 0
    Stage(root).step(1, f"name: other\nrenamed_from: {STACK}\n")
    assert live(root, whole) == 0
    Stage(root).step(2, f"name: {STACK}\nrenamed_from: other\n")


# A point is tried in the first of these in which it is reached.
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("change", applied, whole),
        Scenario("first", nothing, whole),
        Scenario("recovery", planning, whole, after="change"),
        Scenario("adoption", applying, whole, after="change"),
        Scenario("restore", restored, whole, after="change"),
        Scenario("resolution", unclear, word, after="change"),
        Scenario("drift", lost, check, after="change"),
        Scenario("preview", requested, preview, after="change"),
        Scenario("retention", old, tidy, after="change"),
        Scenario("rename", renamed, whole),
        Scenario("backup", nothing, copy, after="change"),
        Scenario("state", without_file, check, after="change"),
        Scenario("engine", nothing, bring, after="change"),
        Scenario("events", nothing, hear, after="change"),
        Scenario("acceptance", nothing, amend, after="change"),
    )
}
