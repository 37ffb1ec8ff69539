"""An installation in a folder: a repository with one stack that needs no provider, a configuration, the command."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from runner.cli.invocation import Cli
from runner.cli.main import main

MAIN = 'resource "terraform_data" "one" {\n  input = "%s"\n}\n'
IDENTITY = ("-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class Answer:
    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Installation:
    folder: Path
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "driftline.yaml"

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    def configure(self, *sources: Mapping[str, Any], **extra: Any) -> None:
        """With the repository as its only source, unless others are given."""
        own = {"name": "infra", "url": str(self.repository), "poll": "1s"}
        document = {"version": 1, "data_dir": str(self.data_dir), "sources": list(sources) or [own]}
        visible = [str(self.folder / name) for name in ("outside", "terraform")]
        extra["executor"] = {
            "visible": visible,
            **self.extra.get("executor", {}),
            **extra.get("executor", {}),
        }
        document["approvals"] = {"rules": [{"mode_at_most": "automatic"}]}
        self.config.write_text(yaml.safe_dump({**document, **self.extra, **extra}))

    def add_stack(self, name: str = "one", value: str = "a", main: str = MAIN) -> None:
        folder = self.repository / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "stack.yaml").write_text(f"name: {name}\n")
        (folder / "main.tf").write_text(main % value if "%s" in main else main)

    def commit(self, subject: str = "change") -> str:
        if not (self.repository / ".git").exists():
            git(self.repository, "init", "-q", "-b", "main")
        git(self.repository, "add", "--all")
        git(self.repository, *IDENTITY, "commit", "-q", "--allow-empty", "-m", subject)
        return git(self.repository, "rev-parse", "HEAD").strip()

    def __call__(self, *argv: str) -> Answer:
        return driftline("-c", str(self.config), *argv)


def installation(folder: Path) -> Installation:
    made = Installation(folder)
    made.configure()
    made.add_stack()
    made.commit("first")
    return made


def driftline(*argv: str) -> Answer:
    cli = Cli()
    result = CliRunner().invoke(main, argv, prog_name="driftline", obj=cli)
    if (app := vars(cli).get("app")) is not None and (store := vars(app).get("store")) is not None:
        store.close()  # as the end of its process does
    return Answer(result.exit_code, result.stdout, result.stderr)


def git(folder: Path, *argv: str) -> str:
    done = subprocess.run(("git", *argv), cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout
