"""A repository of somebody with bad intentions, an installation that polls it, and the commands that people use."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result
from remote.repository import Remote
from untrusted import deceives

from runner.cli.main import main

HERE = Path(__file__).parent
GITLINK = "1" * 40


def corpus(name: str) -> Any:
    return yaml.safe_load((HERE / "corpus" / f"{name}.yaml").read_text())


def lines(file: str) -> list[str]:
    """Of a corpus of the tests of git."""
    text = (HERE.parent / "source" / "corpus" / file).read_text()
    return [line for line in text.splitlines() if line and not line.startswith("# ")]


@dataclass
class Arena:
    """`pwned` is made by whatever runs, and nothing may ever be in `outside`."""

    root: Path
    source: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.remote = Remote(self.root)
        self.outside = self.root / "outside"
        self.outside.mkdir()
        self.pwned = self.root / "pwned"
        self.configure()

    @property
    def config(self) -> Path:
        return self.root / "driftline.yaml"

    def configure(self, **source: Any) -> None:
        self.source = {"name": "infra", "url": self.remote.source.url, **self.source, **source}
        self.config.write_text(json.dumps({"data_dir": str(self.remote.data), "sources": [self.source]}))

    def armed(self, text: str) -> str:
        marks = {"{pwn}": f"touch {self.pwned}", "{touch}": f"touch {self.pwned}"}
        for mark, value in {**marks, "{outside}": str(self.outside), "{path}": str(self.pwned)}.items():
            text = text.replace(mark, value)
        return text

    def push(self, entry: dict[str, Any]) -> None:
        """The tree of an entry, with the stack `a` that it is about and a bystander `b`."""
        files = {"a/stack.yaml": "name: a\n", "b/stack.yaml": "name: b\n", "b/main.tf": "", "a/z.tf": ""}
        files |= {name: self.armed(text) for name, text in entry.get("files", {}).items()}
        for name, target in entry.get("links", {}).items():
            link = self.remote.path / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(self.armed(target))
        for name, text in files.items():
            path = self.remote.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755 if name in entry.get("executable", ()) else 0o644)
        self.remote.git("add", "--all", "--force", ".")
        for path_of_link in entry.get("gitlinks", ()):
            self.remote.git("update-index", "--add", "--cacheinfo", f"160000,{GITLINK},{path_of_link}")
        self.remote.git("commit", "--quiet", "--message=an attack")

    def run(self, *words: str, expect: int | None = 0) -> Result:
        """A command, whose output may not deceive whoever reads it."""
        result = CliRunner().invoke(main, ["-c", str(self.config), *words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert expect is None or result.exit_code == expect, result.output
        assert not deceives(result.output, newlines=True), result.output
        return result

    def problems(self) -> list[str]:
        """What a poll says is wrong, a line each."""
        self.run("source", "sync", expect=None)
        status = json.loads(self.run("source", "list", "-o", "json").stdout)[0]
        assert not status["problem"], status
        return list(status["problems"])

    def stacks(self) -> list[str]:
        """Those that were taken in."""
        listed = json.loads(self.run("stack", "list", "-o", "json").stdout)
        return [stack["name"] for stack in listed if stack["file"]]

    def unharmed(self) -> None:
        """No command of the attacker was run, and nothing was written where nothing of ours is."""
        assert not self.pwned.exists()
        assert not list(self.outside.iterdir())
        ours = {"remote", "data", "outside", "driftline.yaml"}
        assert {path.name for path in self.root.iterdir()} <= ours
        writable = [path for path in self.remote.data.rglob("*") if not path.is_symlink()]
        assert not [path for path in writable if path.stat().st_mode & 0o022]
        assert not os.path.lexists(Path.cwd() / "pwned")
