"""A repository, a configuration and the commands, for tests that use Driftline as a person does."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread
from typing import Any, Self

from click.testing import CliRunner, Result
from nursery import nursery
from performed import perform_into_pipes
from put_back import PutBack

from runner.app import App
from runner.cli.main import main

CONFIG = """\
executor: {{visible: ["{root}/signs"], {executor}}}
version: 1
data_dir: {root}/data
sources:
  - {{name: infra, url: "{root}/repository"}}
drift: {{jitter: 0s}}
{more}
"""
STACK = "name: {name}\nlabels: {{env: test}}\n"
MODULE = """\
resource "terraform_data" "it" {{
  input = file("{cloud}")
}}
output "it" {{ value = terraform_data.it.output }}
"""


DEADLINE = 30.0


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


class Started:
    """A command in a process of its own, whose output is read while it comes."""

    def __init__(self, argv: list[str], environment: dict[str, str]) -> None:
        (out, its_out), (err, its_err) = Pipe(duplex=False), Pipe(duplex=False)
        self.process = nursery().Process(
            target=perform_into_pipes, args=(its_out, its_err, argv, environment)
        )
        self.process.start()
        self._out: list[str] = []
        self._err: list[str] = []
        self._readers = [
            Thread(target=_read, args=(stream, into), daemon=True)
            for stream, into in ((out, self._out), (err, self._err))
        ]
        for reader in self._readers:
            reader.start()
        its_out.close()
        its_err.close()

    @property
    def out(self) -> str:
        return "".join(self._out)

    @property
    def err(self) -> str:
        return "".join(self._err)

    def signal(self, number: int) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def says(self, text: str) -> None:
        """Wait until it has said this on stderr."""
        until(lambda: text in self.err)

    def ends(self, code: int) -> tuple[str, str]:
        """Wait for its end; stdout and stderr."""
        self.process.join(DEADLINE)
        if self.process.is_alive():
            self.process.kill()
            raise AssertionError(f"it does not end; it said: {self.err}")
        self._read_to_the_end()
        assert self.process.exitcode == code, self.out + self.err
        return self.out, self.err

    def end(self) -> None:
        """Kill it, if it still lives."""
        self.process.kill()
        self.process.join()
        self._read_to_the_end()

    def _read_to_the_end(self) -> None:
        for reader in self._readers:
            reader.join()


def _read(stream: Connection, into: list[str]) -> None:
    with stream, os.fdopen(os.dup(stream.fileno())) as text:
        into.extend(text)


@dataclass
class World:
    """`cloud` is a file outside the repository: what somebody changes by hand."""

    root: Path
    more: str = ""
    executor: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.configured()
        self.repository.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.cloud.write_text("hello\n")

    @classmethod
    def found(cls, root: Path) -> Self:
        """One that was made there before, with its configuration."""
        world = cls.__new__(cls)
        world.root, world.more, world.executor, world.environment = root, "", "", {}
        return world

    def configured(self) -> None:
        self.config.write_text(CONFIG.format(root=self.root, more=self.more, executor=self.executor))

    @property
    def config(self) -> Path:
        return self.root / "driftline.yaml"

    @property
    def repository(self) -> Path:
        return self.root / "repository"

    @property
    def cloud(self) -> Path:
        return self.root / "cloud.txt"

    @property
    def app(self) -> App:
        return App.from_config(self.config)

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=Ana Author", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false"]
        shown = subprocess.run(
            ["git", *who, *words], cwd=self.repository, capture_output=True, text=True, check=True
        )
        return shown.stdout.strip()

    def commit(self, files: dict[str, str], message: str = "a change") -> str:
        for name, content in files.items():
            path = self.repository / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def stack(self, name: str, more: str = "", module: str = MODULE) -> str:
        return self.commit(
            {
                f"{name}/stack.yaml": STACK.format(name=name) + more,
                f"{name}/main.tf": module.format(cloud=self.cloud),
            },
            f"stack {name}",
        )

    def run(self, *words: str, expect: int | None = 0) -> Result:
        result = CliRunner().invoke(main, ["-c", str(self.config), *words], env=self.environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert expect is None or result.exit_code == expect, result.output
        return result

    def json(self, *words: str, expect: int = 0) -> Any:
        return json.loads(self.run(*words, "-o", "json", expect=expect).stdout)

    def start(self, *words: str) -> "Started":
        """The command, in a process of its own."""
        return Started(["-c", str(self.config), *words], {**os.environ, **self.environment})

    def approve(self, run: str) -> None:
        digest = self.json("run", "show", run)["plan_digest"]
        self.run("approve", run, "--digest", digest[:12], "--yes")

    def applied(self, name: str) -> None:
        """Plan, approve and apply the stack."""
        run = self.json("plan", name)[0]["id"]
        self.approve(run)
        self.run("apply", run)


def planned(tmp_path: Path, stack: str = "", config: str = "") -> World:
    """With one stack, `app`, whose plan waits for approval as run-1."""
    return begun(tmp_path, _plan, stack, config=config)


def applied(tmp_path: Path, stack: str = "", config: str = "") -> World:
    """With one stack, `app`, that run-1 has applied."""
    return begun(tmp_path, _apply, stack, config=config)


def drifted(tmp_path: Path) -> World:
    """With one stack, `app`: somebody changed by hand what run-1 has applied, and run-2 has found it."""
    return begun(tmp_path, _drift)


def _drift(world: World) -> None:
    _apply(world, "")
    world.cloud.write_text("by hand\n")
    world.run("drift", "check", "app", expect=2)


def _plan(world: World, stack: str) -> None:
    world.stack("app", stack)
    world.run("plan", "app")


def _apply(world: World, stack: str) -> None:
    world.stack("app", stack)
    world.applied("app")


def begun(tmp_path: Path, begin: Callable[..., object], *how: str, config: str = "") -> World:
    """A world in which this was done; it is done once by each process that tests, and then put back."""
    world = World.found(_kept(tmp_path.parent, begin, how, config).again())
    world.more = config
    return world


@cache
def _kept(folder: Path, begin: Callable[..., object], how: tuple[str, ...], config: str) -> PutBack:
    world = World(Path(mkdtemp(dir=folder, prefix="begun-")), more=config)
    begin(world, *how)
    return PutBack.kept(world.root)
