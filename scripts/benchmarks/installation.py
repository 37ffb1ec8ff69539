"""A repository of generated stacks, and a Driftline that watches it."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Self

from runner.app import App
from runner.model.approval.approval import Person
from runner.model.run.life import Run, State
from runner.service.approval.approve import approve
from runner.service.approval.authorship import Authors
from runner.service.cycle.dispatch import next_assignment
from runner.service.cycle.poll import Polled
from runner.service.queue.enqueue import enqueue_due

TEAMS = 50
PERSON = Person("ana", "user")
STACK = 'resource "terraform_data" "one" {\n  input = "one"\n}\n'

_CONFIG = """\
data_dir: {root}/data
sources:
  - {{name: infra, url: "{url}", poll: {poll}}}
engines:
  terraform: {{binary: {terraform}}}
"""
_MODULE = """\
variable "name" {
  type = string
}

resource "terraform_data" "settings" {
  input = var.name
}
"""
_MAIN = """\
terraform {{
  required_version = ">= 1.5"
}}

variable "size" {{
  type    = number
  default = 1
}}

locals {{
  name = "service-{number}"
  tags = {{
    team = "team-{team}"
    name = local.name
  }}
}}

resource "terraform_data" "service" {{
  input = {{
    size = var.size
    tags = local.tags
  }}
}}
"""
_CALL = """
module "settings" {
  source = "../../../modules/settings"
  name   = local.name
}
"""


class Repository:
    """A bare repository that is filled through `git fast-import`: 10,000 stacks take a second."""

    def __init__(self, path: Path) -> None:
        self.path = path
        _git("init", "--quiet", "--bare", "--initial-branch=main", str(path))

    @property
    def url(self) -> str:
        return self.path.as_uri()

    def commit(self, files: Mapping[str, str]) -> None:
        after = "from refs/heads/main^0\n" if any((self.path / "refs" / "heads").iterdir()) else ""
        who = f"committer Carl <carl@example.com> {int(time.time())} +0000"
        head = f"commit refs/heads/main\n{who}\ndata 8\na change\n{after}"
        body = "".join(
            f"M 100644 inline {name}\ndata {len(text.encode())}\n{text}\n" for name, text in files.items()
        )
        _git("--git-dir", str(self.path), "fast-import", "--quiet", stdin=(head + body).encode())


def _git(*words: str, stdin: bytes = b"") -> None:
    subprocess.run(["git", *words], input=stdin, check=True, stdout=subprocess.DEVNULL)


def stacks(count: int) -> dict[str, str]:
    """The files of so many stacks: every third calls a module, every second has variables, every tenth watches."""
    files = {"modules/settings/main.tf": _MODULE}
    files |= {f"policies/team-{team}/limits.json": "{}\n" for team in range(TEAMS)}
    for number in range(count):
        files |= dict(stack(number))
    return files


def stack(number: int, size: int = 2) -> Iterator[tuple[str, str]]:
    team = number % TEAMS
    folder = f"stacks/team-{team}/service-{number}"
    yield f"{folder}/main.tf", _MAIN.format(number=number, team=team) + ("" if number % 3 else _CALL)
    variables = "" if number % 2 else "var_files: [prod.tfvars]\n"
    watch = "" if number % 10 else f'watch: ["../../../policies/team-{team}/**"]\n'
    yield (
        f"{folder}/stack.yaml",
        f"name: team-{team}/service-{number}\nlabels: {{env: prod, team: team-{team}}}\n{variables}{watch}",
    )
    if variables:
        yield f"{folder}/prod.tfvars", f"size = {size}\n"


class Installation:
    def __init__(
        self, root: Path, terraform: str = "terraform", more: str = "", *, poll: str = "auto"
    ) -> None:
        """`more` are further lines of the configuration; those that begin it are of its engines."""
        root.mkdir(parents=True)
        self.root = root
        self.repository = Repository(root / "repository.git")
        self.config = root / "driftline.yaml"
        written = _CONFIG.format(root=root, url=self.repository.url, terraform=terraform, poll=poll)
        self.config.write_text(written + more)

    @classmethod
    def found(cls, root: Path) -> Self:
        """One that was made there before."""
        installation = cls.__new__(cls)
        installation.root, installation.config = root, root / "driftline.yaml"
        installation.repository = Repository.__new__(Repository)
        installation.repository.path = root / "repository.git"
        return installation

    @cached_property
    def app(self) -> App:
        return App.from_config(self.config)

    def poll(self) -> Polled:
        polled = self.app.poller.poll(self.app.settings.sources[0])
        if polled.problem or polled.problems:
            raise RuntimeError(polled.problem or polled.problems[0])
        return polled

    def work(self) -> Run:
        """Everything that is due, until nothing is left; the run that ended last."""
        last: Run | None = None
        while True:
            enqueue_due(self.app.store, self.app.clock, self.app.settings.promotion)
            assignment = next_assignment(self.app.control)
            if assignment is None:
                assert last is not None
                return last
            last = self.app.worker.perform(assignment)

    def apply(self) -> Run:
        """Approve what the only stack's plan says, and apply it."""
        self.poll()
        planned = self.work()
        app = self.app
        approve(
            app.control,
            lambda: Authors(app.git, app.modules),
            planned.id,
            PERSON,
            digest=planned.plan_digest or "",
        )
        applied = self.work()
        if applied.state is not State.APPLIED:
            raise RuntimeError(f"{applied.name} is {applied.state}: {applied.reason}")
        return applied
