"""Where it happens: a repository of stacks whose every apply leaves a trace, and a Driftline that watches it."""

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from crashes import ground
from runner.app import App

IDENTITY = ("-c", "user.name=Carl", "-c", "user.email=carl@example.com", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class Field:
    root: Path
    stacks: tuple[str, ...]

    @classmethod
    def made(cls, root: Path, count: int) -> "Field":
        """Half of the stacks apply by themselves, the other half ask a person."""
        field = cls(root, tuple(f"s{number}" for number in range(count)))
        ground.lay(root, slots=2, drift="* * * * *", poll="1s")
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
        return ground.config_of(self.root)

    @cached_property
    def app(self) -> App:
        return App.from_config(self.config)

    def write(self, name: str, steps: int) -> None:
        """Some steps take longer than others, so that kills meet every part of an apply."""
        pause = int(hashlib.sha256(f"{name}{steps}".encode()).hexdigest(), 16) % 4
        text = ground.module(self.root, name, steps, f"; sleep 0.{pause}")
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
        return ground.lines(self.root, name)

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
