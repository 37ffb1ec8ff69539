"""One installation on real git, real terraform and a real SQLite file, driven through the verbs."""

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Self

from git import Git
from provider.cloudfile import edit
from provider.mirror import install

from runner.app import App
from runner.engine.command import CommandLineEngine
from runner.host.clock import SystemClock
from runner.model.approval.approval import Person
from runner.model.drift.report import DriftReport
from runner.model.run.life import Run, State
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.ports.records.runs import RunFilter
from runner.service.approval import approve as approving
from runner.service.approval.authorship import Authors
from runner.service.cycle.dispatch import next_assignment
from runner.service.cycle.poll import Polled
from runner.service.queue.enqueue import enqueue_due

ANA, BO = Person("ana", "user"), Person("bo", "user")
AUTHOR = ("-c", "user.name=Carl", "-c", "user.email=carl@example.com")

CONFIG = """\
data_dir: {root}/data
sources:
  - {{name: infra, url: "{root}/repository"}}
engines:
{engines}
# Never while a test lets an hour pass.
drift: {{schedule: "0 0 1 {month} *", jitter: 1s}}
"""

# Without it no stack file may say automatic.
AUTOMATIC_ALLOWED = "approvals: {rules: [{mode_at_most: automatic}]}\n"

# The rest of the machine is read-only to runs.
VISIBLE = 'executor: {{visible: ["{root}/cloud", "{root}/outside"]}}\n'

# What a stack of most tests looks like: one object of the test provider.
OBJECT = """\
terraform {{
  required_providers {{
    cloudfile = {{ source = "driftline/cloudfile" }}
  }}
}}
provider "cloudfile" {{
  path = "{cloud}"
}}
resource "cloudfile_object" "web" {{
  name  = "{name}"
  value = "{value}"
  tags  = {{ env = "test" }}
}}
"""

DATA = """\
resource "terraform_data" "one" {{
  input = "{value}"
}}
"""


class ShiftedClock(SystemClock):
    """Real time, moved by what a test says."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        return super().now() + self.shift


def half_a_year_from_now() -> int:
    return (datetime.now(UTC).month + 5) % 12 + 1


class World:
    def __init__(self, root: Path, config: str = "", *, providers: bool = False, engines: str = "") -> None:
        self._at(root)
        self.cloud.parent.mkdir()
        mirror = install(root / "mirror") if providers else "null"
        self.config.write_text(
            CONFIG.format(
                root=root, month=half_a_year_from_now(), engines=engines or f"  plugin_mirror: {mirror}\n"
            )
            + ("" if "approvals:" in config else AUTOMATIC_ALLOWED)
            + ("" if "executor:" in config else VISIBLE.format(root=root))
            + textwrap.dedent(config)
        )
        self.repository.mkdir()
        self._git("init", "--quiet", "--initial-branch=main")

    @classmethod
    def found(cls, root: Path) -> Self:
        """One that was made there before."""
        world = cls.__new__(cls)
        world._at(root)
        return world

    def _at(self, root: Path) -> None:
        self.root = root
        self.repository = root / "repository"
        self.cloud = root / "cloud" / "cloud.json"
        self.config = root / "driftline.yaml"

    def leave(self) -> None:
        """Nothing of this process is in its installation any more."""
        app: App | None = self.__dict__.pop("app", None)
        if app is not None:
            app.store.close()
            assert isinstance(app.engine, CommandLineEngine)
            app.engine.close()

    # Git

    def _git(self, *words: str) -> str:
        return str(Git(self.repository).execute(["git", *AUTHOR, *words]))

    def commit(self, message: str = "a change", **files: str | None) -> str:
        """Write (or with None remove) files, whose names have __ for / and end without a dot's trouble; commit."""
        return self.commit_files({name.replace("__", "/"): text for name, text in files.items()}, message)

    def commit_files(self, files: dict[str, str | None], message: str = "a change") -> str:
        for name, text in files.items():
            path = self.repository / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        self._git("add", "--all", ".")
        self._git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self._git("rev-parse", "HEAD")

    def rewrite(self, message: str = "rewritten") -> str:
        self._git("commit", "--quiet", "--amend", "--allow-empty", f"--message={message}")
        return self._git("rev-parse", "HEAD")

    def stack(self, name: str = "web", value: str = "one", rules: str = "", *, body: str = OBJECT) -> str:
        """Commit a stack of one object; the commit's id."""
        return self.commit_files(
            {
                f"{name}/main.tf": body.format(cloud=self.cloud, name=name, value=value),
                f"{name}/stack.yaml": f"name: {name}\n" + textwrap.dedent(rules),
            }
        )

    # Driftline

    @cached_property
    def clock(self) -> ShiftedClock:
        return ShiftedClock()

    @cached_property
    def app(self) -> App:
        app = App.from_config(self.config)
        app.__dict__["clock"] = self.clock
        return app

    def configure(self, change: Settings) -> None:
        """Go on with other settings on the same data."""
        self.app.store.close()
        app = App(change, self.config)
        app.__dict__["clock"] = self.clock
        self.__dict__["app"] = app

    @property
    def settings(self) -> Settings:
        return self.app.settings

    def poll(self) -> Polled:
        return self.app.poller.poll(self.settings.sources[0])

    def work(self) -> list[Run]:
        """Do everything that is due, until nothing is left; the runs as they ended."""
        ended: list[Run] = []
        while True:
            enqueue_due(self.app.store, self.clock, self.settings.promotion)
            assignment = next_assignment(self.app.control)
            if assignment is None:
                return ended
            ended.append(self.app.worker.perform(assignment))

    def push(
        self, name: str = "web", value: str = "one", rules: str = "", *, body: str = OBJECT
    ) -> list[Run]:
        self.stack(name, value, rules, body=body)
        self.poll()
        return self.work()

    def approve(self, run: Run, person: Person = ANA, *, typed_name: str | None = None) -> Run:
        digest = run.plan_digest or ""
        approved, _ = approving.approve(
            self.app.control,
            lambda: Authors(self.app.git, self.app.modules),
            run.id,
            person,
            digest=digest,
            typed_name=typed_name,
        )
        return approved

    def applied(self, name: str = "web", value: str = "one", rules: str = "", *, body: str = OBJECT) -> Run:
        """A stack that is planned, approved and applied."""
        (planned,) = [run for run in self.push(name, value, rules, body=body) if run.stack == name]
        assert planned.state is State.AWAITING_APPROVAL, planned
        self.approve(planned)
        (done,) = self.work()
        assert done.state is State.APPLIED, done
        return done

    def age(self, **span: float) -> None:
        """Let time pass."""
        self.clock.shift += timedelta(**span)

    # Looking

    def look(self, name: str = "web") -> Stack:
        with self.app.store.reading() as reader:
            return reader.stack(name)

    def run(self, run_id: int) -> Run:
        with self.app.store.reading() as reader:
            return reader.run(run_id)

    def headings(self, run: Run) -> list[str]:
        """The steps in its log."""
        lines = self.app.workspaces.log(run.id).read_text().splitlines()
        return [line.removeprefix("=== ") for line in lines if line.startswith("=== ")]

    def runs(self, **where: object) -> list[Run]:
        with self.app.store.reading() as reader:
            return reader.runs(replace(RunFilter(), **where))  # type: ignore[arg-type]

    def report(self, name: str = "web") -> DriftReport | None:
        with self.app.store.reading() as reader:
            return reader.current_report(name)

    def reports(self) -> list[DriftReport]:
        with self.app.store.reading() as reader:
            return reader.reports(open_only=False)

    def cloud_set(self, name: str = "web", **attributes: object) -> None:
        """Change an object by hand, behind terraform's back."""
        with edit(self.cloud) as objects:
            objects[name].update(attributes)

    def cloud_delete(self, name: str = "web") -> None:
        with edit(self.cloud) as objects:
            del objects[name]

    def cloud_value(self, name: str = "web") -> object:
        with edit(self.cloud) as objects:
            return objects.get(name, {}).get("value")


def states(runs: Sequence[Run]) -> list[State]:
    return [run.state for run in runs]
