"""Stacks that are applied, each twice: known to a Driftline, and in a folder of its own for bare terraform.

All are made by one apply, whose state is then cut into theirs: fifty applies would take a quarter of an hour.
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from provider.mirror import cli_config

from benchmarks.clouds import Cloud
from benchmarks.installation import PERSON, Installation
from runner.datadir.managed_state import STATE
from runner.datadir.workspace import slug
from runner.engine.command import CommandLineEngine
from runner.engine.warm.recording import Record
from runner.host.files import private_folder, write_whole
from runner.model.run.life import Event, Run, State, Trigger
from runner.model.warm.probe import ProbeRecord
from runner.model.warm.provider import Ready, Way
from runner.probe.canonical import Meaning
from runner.probe.recording import packed, unpacked
from runner.probe.recordings import Recordings
from runner.service.cycle.dispatch import next_assignment
from runner.service.execution.plan import prepare
from runner.service.operator.request import request_check, request_plan
from runner.service.queue.assignment import Assignment
from runner.service.queue.enqueue import add_change
from runner.worker import Pool

StateFile = dict[str, Any]  # as terraform writes it

LOCK_FILE = ".terraform.lock.hcl"
APPLY_AT_ONCE = 30
LOOK_SECONDS = 1.0
SLOTS = 2
MORE = """\
  plugin_mirror: {mirror}
  offline: true
  env: [{env}]
executor: {{slots: {slots}, visible: {visible}}}
"""
# What a check is without Driftline.
BARE = "init, plan, show -json"
_BARE = """\
terraform init -input=false -no-color &&
terraform plan -input=false -no-color -lock=false -out=plan.tfplan &&
terraform show -json plan.tfplan
"""


class Estate:
    """`code` is that of each stack by its name, without what is the same in all."""

    def __init__(
        self, root: Path, cloud: Cloud, code: Mapping[str, str], *, modular: bool = False, shared: str = ""
    ) -> None:
        """`shared` is a module beside them."""
        self.shared = shared
        self.modules = cloud.modules if modular else {}
        self.root, self.cloud, self.names = root, cloud, tuple(code)
        self.environment = _environment(cloud)
        stacks = {name: f"{cloud.head}\n{text.replace('NAME', name)}" for name, text in code.items()}
        state, lock_file = self._made(code)
        visible = json.dumps([str(path) for path in cloud.visible])
        more = MORE.format(
            mirror=cloud.mirror, env=", ".join(cloud.environment), slots=SLOTS, visible=visible
        )
        self.installation = Installation(root / "infra", more=more)
        files = {"shared/main.tf": shared} if shared else {}
        self.lay_out_bare_shared(shared)
        for name, text in stacks.items():
            files |= {
                f"{name}/main.tf": text,
                f"{name}/stack.yaml": f"name: {name}\n",
                f"{name}/{LOCK_FILE}": lock_file,
                **{f"{name}/{path}": content for path, content in self.modules.items()},
            }
            self._lay_out_bare(name, text, lock_file, _cut(state, name))
        self.installation.repository.commit(files)
        self.installation.poll()
        for name in stacks:
            self._have_applied(name, _cut(state, name))

    # Bare terraform

    def bare(self, name: str) -> None:
        """What any other runner does for a check."""
        self.run(self._bare(name), "sh", "-c", _BARE)

    def forget_bare_init(self, name: str) -> None:
        shutil.rmtree(self._bare(name) / ".terraform")

    def lay_out_bare_shared(self, text: str) -> None:
        _lay_out_shared(self.root / "bare", text)

    def run(self, folder: Path, *argv: str) -> None:
        with (folder / "output").open("wb") as output:
            subprocess.run(
                argv, cwd=folder, env=self.environment, stdout=output, stderr=subprocess.STDOUT, check=True
            )

    # Driftline

    def check(self, name: str, *, finds: bool = False) -> Run:
        """From the request to its recorded end."""
        return self._done(self._assigned(name), State.DRIFTED if finds else State.NO_CHANGES)

    def work(self) -> None:
        """Everything that is queued, as many runs at once as there are slots."""
        pool = Pool(self.installation.app.worker, SLOTS)
        while pool.fill() or pool.busy:
            pool.freed.wait(LOOK_SECONDS)
            pool.freed.clear()
        pool.close()

    def plan(self, name: str) -> Run:
        """Of what changed by hand, from the request to the offer."""
        app = self.installation.app
        run = request_plan(app.control, app.discoverer, name, PERSON)
        assignment = next_assignment(app.control, only=run.id)
        assert assignment is not None
        return self._done(assignment, State.AWAITING_APPROVAL)

    def _done(self, assignment: Assignment, state: State) -> Run:
        done = self.installation.app.worker.perform(assignment)
        if done.state is not state:
            raise RuntimeError(f"{done.name} is {done.state}: {done.reason}")
        self.last = done
        return done

    def expect_plan(self, name: str, way: Way) -> None:
        """How the last plan or check, of this stack, was made."""
        assert self.last.stack == name
        with self.installation.app.store.reading() as reader:
            how = reader.how_planned(self.last.id)
        if how is None or how.way is not way:
            raise RuntimeError(f"{self.last.name} was not {way}: {how}")

    def record(self, name: str) -> ProbeRecord:
        with self.installation.app.store.reading() as reader:
            return reader.probe(name)

    def expect(self, name: str, way: Way) -> None:
        """How the last check of the stack was done."""
        record = self.record(name)
        if record.way is not way:
            raise RuntimeError(f"{name} was checked {record.way}, not {way}: {record.reason}")

    def first_check(self, name: str) -> None:
        """As every first check it asks the provider for everything, and is compared with a plain plan."""
        self.check(name)
        self.expect(name, Way.COMPARED)

    def take_over(self, record: ProbeRecord, names: Iterable[str]) -> None:
        """As if each had been compared with the same result: fifty comparisons would take ten minutes."""
        app = self.installation.app
        assignment = self._assigned(self.names[0])
        ready = app.engine.probe_ready(
            prepare(assignment.job, app.worker.ports, threading.Event(), assignment.held)
        )
        app.worker.perform(assignment)
        assert isinstance(ready, Ready)
        with app.store.writing() as writer:
            for name in names:
                writer.save_probe(name, replace(record, mark=ready.mark(writer.stack(name).inputs)))

    def forget_provider(self) -> None:
        """As it is for a provider that nobody here has seen before: nothing is known of it, and no stack has it."""
        self.close()
        app = vars(self.installation).pop("app")
        data = app.settings.data_dir
        for kept in (data / "probe", data / "engine", *data.glob("workspaces/*/data")):
            shutil.rmtree(kept)
        with self.installation.app.store.writing() as writer:
            for name in self.names:
                writer.save_probe(name, ProbeRecord())

    def checks_by(self, how: str) -> None:
        """`drift.probe` from now on."""
        self.close()
        vars(self.installation).pop("app")
        config = self.installation.config
        kept = [line for line in config.read_text().splitlines() if not line.startswith("drift:")]
        config.write_text("\n".join([*kept, f"drift: {{probe: {how}}}", ""]))

    def spoil_last_answer(self, name: str) -> None:
        """The next replay finds another answer than the recorded one, behind all others."""
        recordings = self._recordings
        content = recordings.get(name)
        assert content is not None
        record = Record.unpacked(content)
        *others, last = unpacked(record.calls)
        *earlier, talk = last.conversations
        *calls, call = talk.calls
        spoiled = replace(call, answered=Meaning(b"", b""))
        calls_of = replace(last, conversations=(*earlier, replace(talk, calls=(*calls, spoiled))))
        recordings.put(name, replace(record, calls=packed([*others, calls_of])).packed())
        with self.installation.app.store.writing() as writer:
            writer.save_probe(name, replace(writer.probe(name), vain=0))

    def forget_recording(self, name: str) -> None:
        self._recordings.forget(name)

    def end_shared(self) -> None:
        """The providers that checks share."""
        assert self._engine.replays is not None
        self._engine.replays.shared.close()

    @property
    def _recordings(self) -> Recordings:
        assert self._engine.replays is not None
        return self._engine.replays.recordings

    @property
    def _engine(self) -> CommandLineEngine:
        engine = self.installation.app.engine
        assert isinstance(engine, CommandLineEngine)
        return engine

    def close(self) -> None:
        self._engine.close()
        self.installation.app.store.close()

    def _assigned(self, name: str) -> Assignment:
        control = self.installation.app.control
        ((run,), _) = request_check(control, [name], PERSON)
        assignment = next_assignment(control, only=run.id)
        assert assignment is not None
        return assignment

    # The making

    def _made(self, code: Mapping[str, str]) -> tuple[StateFile, str]:
        """Everything in one module: the state of it, and its lock file."""
        folder = self.root / "made"
        folder.mkdir(parents=True)
        bodies = (text.replace("NAME", name) for name, text in code.items())
        (folder / "main.tf").write_text("\n".join([self.cloud.head, *bodies]))
        self._lay_out_modules(folder)
        _lay_out_shared(self.root, self.shared)
        common = ("-input=false", "-no-color")
        self.run(folder, "terraform", "init", *common)
        apply = ("terraform", "apply", *common, "-auto-approve", f"-parallelism={APPLY_AT_ONCE}")
        self.run(folder, *apply)
        # What the cloud added by itself comes into the state: nothing is left to be found.
        self.run(folder, *apply, "-refresh-only")
        state: StateFile = json.loads((folder / STATE).read_bytes())
        return state, (folder / LOCK_FILE).read_text()

    def _lay_out_bare(self, name: str, code: str, lock_file: str, state: bytes) -> None:
        folder = self._bare(name)
        folder.mkdir(parents=True)
        (folder / "main.tf").write_text(code)
        (folder / LOCK_FILE).write_text(lock_file)
        (folder / STATE).write_bytes(state)
        self._lay_out_modules(folder)

    def _lay_out_modules(self, folder: Path) -> None:
        for path, content in self.modules.items():
            (folder / path).parent.mkdir(parents=True)
            (folder / path).write_text(content)

    def _bare(self, name: str) -> Path:
        return self.root / "bare" / name

    def _have_applied(self, name: str, state: bytes) -> None:
        """As a change run would that found it applied."""
        app = self.installation.app
        folder = private_folder(app.settings.data_dir / "workspaces" / slug(name) / "state")
        write_whole(folder / STATE, state)
        with app.store.writing() as writer:
            run = add_change(writer, writer.stack(name), trigger=Trigger.MANUAL, by=PERSON.name)
            writer.mark_applied(run)
            writer.transition(run, Event.SUPERSEDE, by=PERSON.name, reason="it is applied already")


def _lay_out_shared(beside: Path, text: str) -> None:
    if text:
        (beside / "shared").mkdir(parents=True, exist_ok=True)
        (beside / "shared" / "main.tf").write_text(text)


def _cut(state: StateFile, name: str) -> bytes:
    """What belongs to one stack: in each, everything is labelled with the stack's name, or in a module that is."""
    own = [
        resource
        for resource in state["resources"]
        if resource.get("module", "").startswith(f"module.{name}-")
        or ("module" not in resource and resource["name"] == name)
    ]
    return json.dumps({**state, "lineage": str(uuid.uuid4()), "resources": own}).encode()


def _environment(cloud: Cloud) -> dict[str, str]:
    """Nothing that would make bare terraform slower or faster than it is for its users."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(cloud.mirror),
        "TMPDIR": tempfile.gettempdir(),  # a provider's socket has to fit into 108 bytes
        "TF_CLI_CONFIG_FILE": str(cli_config(cloud.mirror)),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        **cloud.environment,
    }
