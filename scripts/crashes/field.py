"""Where it happens: a repository of stacks whose every apply leaves a trace, and a Driftline that watches it."""

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from runner.app import App

IDENTITY = ("-c", "user.name=Carl", "-c", "user.email=carl@example.com", "-c", "commit.gpgsign=false")

CONFIG = """\
data_dir: {root}/data
sources:
  - {{name: infra, url: "{root}/repository", poll: 1s, allow: {{provisioners: true}}}}
engines:
  terraform: {{binary: {root}/bin/terraform}}
executor: {{slots: 2}}
drift: {{schedule: "* * * * *", jitter: 1s}}
"""
# Each commit adds one step, and the making of a step is written down where no crash of ours reaches.
MAIN = """\
resource "terraform_data" "step" {{
  count = {steps}
  provisioner "local-exec" {{
    command = "echo {name} ${{count.index}} >> {root}/effects; sleep 0.{pause}"
  }}
}}
"""
# In front of the real one: which plan file was handed to `apply`, by its content.
WITNESS = """\
#!/bin/sh
case " $* " in
*" apply "*) for word in "$@"; do case "$word" in *.tfplan) sha256sum < "$word" >> {root}/applied ;; esac; done ;;
esac
exec {terraform} "$@"
"""


@dataclass(frozen=True)
class Field:
    root: Path
    stacks: tuple[str, ...]

    @classmethod
    def made(cls, root: Path, count: int) -> "Field":
        """Half of the stacks apply by themselves, the other half ask a person."""
        field = cls(root, tuple(f"s{number}" for number in range(count)))
        (root / "bin").mkdir(parents=True)
        witness = root / "bin" / "terraform"
        witness.write_text(WITNESS.format(root=root, terraform=shutil.which("terraform")))
        witness.chmod(0o755)
        # A run writes to what is there, and makes nothing beside the data directory.
        for name in ("effects", "applied"):
            (root / name).touch()
        field.config.write_text(CONFIG.format(root=root))
        field.git("init", "--quiet", "--initial-branch=main")
        for number, name in enumerate(field.stacks):
            mode = "automatic" if number % 2 else "approved"
            folder = field.repository / name
            folder.mkdir()
            (folder / "stack.yaml").write_text(f"name: {name}\napply: {{mode: {mode}}}\n")
            field.write(name, 1)
        field.commit("first steps")
        return field

    @property
    def repository(self) -> Path:
        return self.root / "repository"

    @property
    def config(self) -> Path:
        return self.root / "driftline.yaml"

    @cached_property
    def app(self) -> App:
        return App.from_config(self.config)

    def write(self, name: str, steps: int) -> None:
        """Some steps take longer than others, so that kills meet every part of an apply."""
        pause = int(hashlib.sha256(f"{name}{steps}".encode()).hexdigest(), 16) % 4
        text = MAIN.format(name=name, steps=steps, root=self.root, pause=pause)
        (self.repository / name / "main.tf").write_text(text)

    def commit(self, subject: str) -> str:
        self.git("add", "--all")
        self.git(*IDENTITY, "commit", "--quiet", f"--message={subject}")
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *words: str) -> str:
        self.repository.mkdir(exist_ok=True)
        done = subprocess.run(
            ("git", *words), cwd=self.repository, check=True, capture_output=True, text=True
        )
        return done.stdout

    def lines(self, name: str) -> list[str]:
        path = self.root / name
        return path.read_text().splitlines() if path.exists() else []

    def start(self) -> "subprocess.Popen[bytes]":
        """A daemon as a process of its own."""
        with (self.root / "daemon.log").open("ab") as log:
            return subprocess.Popen(
                (Path(sys.executable).with_name("driftline"), "-q", "-c", self.config, "daemon"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
