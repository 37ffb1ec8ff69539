"""A life of a stack in a pool with another secret in every place, over a real broker: nobody reads one on the way, nor afterwards."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from applied_once import until
from browser_world import CSRF
from click.testing import CliRunner
from leaks import DEFINITIONS, files_of, rows_of
from needed import needs_terraform
from provider.mirror import install
from redis_world import Redis, running
from web_process import answers, free_port
from world import World

from runner.api.table import operations
from runner.cli.main import main
from runner.model.run.life import Kind, Run, State
from runner.ports.records.runs import RunFilter

# What stands in Git is in mirrors and in exported trees: these are looked for everywhere else.
IN_GIT = {
    "vars of the stack file": "canary-vars-9b1e",
    "a sensitive output": "canary-output-27ad",
    "an attribute that the schema marks": "canary-schema-c581",
    "a nested object": "canary-nested-6f02",
    "a provider's configuration": "canary-provider-b3d9",
}
AT_WORKER = {
    "a variable in the worker's environment": "canary-envvar-71c4",
    "a secret of a context on the worker": "canary-context-e60b",
}
ONLY_WORKER = {
    "something else in the worker's environment": "canary-otherenv-0d83",
    "the token of the worker": "drift_" + "canarytoken5a97" * 3,
    "the password of the broker": "canary-broker-4ce8",
}
CHANGED = {"a value changed in the cloud": "canary-drifted-8fd2"}
CANARIES = {**IN_GIT, **AT_WORKER, **ONLY_WORKER, **CHANGED}
TOLD = [*IN_GIT.values(), *AT_WORKER.values()]  # what a provider gets to know, and repeats in its errors

_GIT = frozenset({"mirrors", "trees", "packs"})
LOOKS = [one for one in operations() if one.method == "GET" and one.at_daemon is None]

STACK = 'name: web\nvars: {{pin: "{vars of the stack file}"}}\n'
MODULE = """\
terraform {{
  required_providers {{
    cloudfile = {{ source = "driftline/cloudfile" }}
  }}
}}
provider "cloudfile" {{
  path  = "CLOUD"
  token = "{a provider's configuration}"
}}
variable "pin" {{
  sensitive = true
}}
variable "dsn" {{
  type      = string
  sensitive = true
}}
variable "db" {{
  type = string
}}
resource "cloudfile_object" "web" {{
  name   = "web"
  value  = "VALUE"
  secret = "{an attribute that the schema marks}"
  tags   = {{ env = "test", dsn = var.dsn, db = var.db }}
}}
resource "terraform_data" "one" {{
  input = {{ deep = [{{ inner = sensitive("{a nested object}") }}], pin = var.pin }}
}}
output "hidden" {{
  value     = "{a sensitive output}"
  sensitive = true
}}
output "copied" {{
  value = nonsensitive("dsn is ${{var.dsn}}")
}}
output "environment" {{
  value = replace(file("/proc/self/environ"), "\\u0000", " ")
}}
"""
CONFIG = """\
approvals: {{author_may_approve: true}}
web: {{listen: "127.0.0.1:{port}", access: [{{role: admin, subjects: ["token:ana"]}}]}}
broker: "{broker}"
pools: [{{name: eu, tokens: [worker], match: {{stacks: ["**"]}}}}]
"""


class Life:
    """A daemon with its web server, one worker, and what each of them ever said."""

    def __init__(self, root: Path, redis: Redis) -> None:
        port = free_port()
        self.root, self.redis, self.url = root, redis, f"http://127.0.0.1:{port}"
        self.mirror = install(root / "mirror")
        self.world = World(
            root,
            CONFIG.format(port=port, broker=redis.url),
            engines=f"  plugin_mirror: {self.mirror}\n",
        )
        self.said: dict[str, str] = {}
        self.data, self.at_worker = root / "data", root / "worker"
        self.server_log, self.worker_log = root / "server.log", root / "worker.log"
        self.commit_nothing()
        self.tokens = {name: self.says("token", "create", name).strip() for name in ("worker", "ana")}
        ONLY_WORKER["the token of the worker"] = self.tokens["worker"]
        CANARIES.update(ONLY_WORKER)
        self.said.clear()
        self._configure_worker()

    def commit_nothing(self) -> None:
        """So that there is a database, for the tokens."""
        self.world.commit()
        self.world.poll()

    def _configure_worker(self) -> None:
        given = self.root / "credentials"
        given.mkdir(mode=0o700)
        for name, text in (
            ("token", self.tokens["worker"]),
            ("db", AT_WORKER["a secret of a context on the worker"]),
        ):
            (given / name).write_text(text)
        told = {
            "data_dir": str(self.at_worker),
            "broker": self.redis.url,
            "engines": {"plugin_mirror": str(self.mirror), "env": ["TF_VAR_dsn"]},
            "executor": {"visible": [str(self.root / "cloud")]},
            "contexts": [{"name": "db", "vars": {"db": "${cred:db}"}}],
            "worker": {"server": self.url, "token": "${cred:token}", "pool": "eu", "name": "w-1"},
        }
        self.config = self.root / "worker.yaml"
        self.config.write_text(json.dumps(told))
        self.config.chmod(0o600)
        self.environment = {
            **os.environ,
            "CREDENTIALS_DIRECTORY": str(given),
            "TF_VAR_dsn": AT_WORKER["a variable in the worker's environment"],
            "DEPLOY_KEY": ONLY_WORKER["something else in the worker's environment"],
            "C_FORCE_ROOT": "1",
        }

    # Processes

    @contextmanager
    def daemon(self) -> Iterator[None]:
        with _process(["-v", "-c", str(self.world.config), "daemon"], os.environ, self.server_log):
            until(lambda: answers(self.url), "the server does not answer")
            yield

    @contextmanager
    def worker(self) -> Iterator[None]:
        before = _text(self.worker_log).count("worker.ready")
        with _process(["-v", "-c", str(self.config), "worker"], self.environment, self.worker_log):
            until(lambda: _text(self.worker_log).count("worker.ready") > before, "the worker is not ready")
            yield

    def killed(self, run: Run, point: str) -> None:
        """The process that executes the run dies there, and no worker listens."""
        until(lambda: self._attempt(run) > 0, "it is not announced")
        argv = [sys.executable, "-m", "runner.cli", "-c", str(self.config), "worker", "--standby"]
        env = {**self.environment, "DRIFTLINE_FAILPOINTS": f"{point}=kill"}
        with self.worker_log.open("ab") as log:
            told = f"{run.id} {self._attempt(run)}\n".encode()
            ended = subprocess.run(argv, env=env, check=False, stdout=log, stderr=log, input=told)
        assert ended.returncode == -9

    def _attempt(self, run: Run) -> int:
        with self.world.app.store.reading() as reader:
            offer = reader.offer(run.id)
        return 0 if offer is None or offer.at is None else offer.attempt

    # A person

    def says(self, *words: str, expect: int | None = 0) -> str:
        result = CliRunner().invoke(main, ["-c", str(self.world.config), *words])
        self.said[f"$ driftline {' '.join(words)}"] = result.output
        assert expect is None or result.exit_code == expect, result.output
        return result.stdout

    def commit(self, value: str) -> None:
        module = MODULE.format(**CANARIES).replace("CLOUD", str(self.world.cloud)).replace("VALUE", value)
        self.world.commit_files({"web/stack.yaml": STACK.format(**CANARIES), "web/main.tf": module})
        before = len(self.changes())
        self.says("source", "sync")
        until(lambda: len(self.changes()) > before, "its change is not queued")

    def changes(self) -> list[Run]:
        """The newest first."""
        with self.world.app.store.reading() as reader:
            runs = [run for run in reader.runs(RunFilter()) if run.kind is Kind.CHANGE]
        return sorted(runs, key=lambda run: -run.id)

    def pauses(self, state: State) -> Run:
        """Look at the newest run once it is in this state."""
        until(lambda: self.changes()[0].state is state, f"{self.changes()[0]} is not {state}")
        run = self.changes()[0]
        for words in (("run", "show"), ("run", "diff"), ("logs",)):
            self.says(*words, run.name, expect=None)
        return run

    # What was told to whoever asked

    def looks(self) -> None:
        headers = {"Authorization": f"Bearer {self.tokens['ana']}"}
        with httpx2.Client(base_url=self.url, headers=headers, timeout=30) as client:
            for path in sorted({path for run in self.world.runs() for path in _paths(run)}):
                answer = client.get(path)
                assert answer.status_code in {200, 400, 404, 409}, (path, answer.text)
                self.said[path] = answer.text
        with httpx2.Client(base_url=self.url, timeout=30, follow_redirects=True) as client:
            self._crawl(client)

    def _crawl(self, client: httpx2.Client) -> None:
        """Every page that a link leads to, from the overview on."""
        csrf = CSRF.search(client.get("/login").text)
        assert csrf is not None
        client.post("/login", data={"secret": self.tokens["ana"], "csrf": csrf[1]})
        waiting, seen = ["/", "/metrics"], set[str]()
        while waiting:
            path = waiting.pop()
            if path in seen or "logout" in path:
                continue
            seen.add(path)
            answer = client.get(path)
            self.said[f"page {path}"] = answer.text
            if answer.headers.get("content-type", "").startswith("text/html"):
                waiting += [link.partition("#")[0] for link in re.findall(r'href="?(/[^"\s>]*)', answer.text)]


def _paths(run: Run) -> Iterator[str]:
    given: Mapping[str, Any] = {
        "stack": run.stack, "run": run.id, "runs": run.id, "report": 1, "name": "plan.json", "source": "infra", "number": 1,
    }  # fmt: skip
    for look in LOOKS:
        if look.in_path <= given.keys():
            asked = "&".join(
                f"{name}={given[name]}" for name in look.parameters if name in given.keys() - look.in_path
            )
            yield f"/api/v1{look.path.format(**given)}?{asked}"
    yield f"/runs/{run.name}/log"


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


@contextmanager
def _process(words: list[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    argv = [sys.executable, "-m", "runner.cli", *words]
    with (
        log.open("ab") as file,
        subprocess.Popen(argv, env=environment, stdout=file, stderr=file) as process,
    ):
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


def live(life: Life) -> None:
    world = life.world
    with life.worker():
        life.commit("one")
        world.approve(life.pauses(State.AWAITING_APPROVAL))
        life.pauses(State.APPLIED)
        world.cloud_set(secret=CHANGED["a value changed in the cloud"])
        life.says("drift", "check", "web", expect=2)
        # The provider tells all it knows, when it refreshes and when it applies.
        world.cloud_set(fail=f"cannot read {' and '.join(TOLD)}")
        life.says("drift", "check", "web", expect=1)
        life.commit("two")
        life.pauses(State.PLAN_FAILED)
        world.cloud_set(fail=None, fail_apply=f"cannot write {' and '.join(TOLD)}")
        life.commit("three")
        world.approve(life.pauses(State.AWAITING_APPROVAL))
        life.pauses(State.APPLY_FAILED)
        world.cloud_set(fail_apply=None)
        life.says("lock", "release", "web", "--reason", "looked at it")
    life.commit("four")
    life.killed(life.changes()[0], "plan.before_artifact")
    life.says("worker", "forget", "w-1", "--force", "--yes")
    with life.worker():
        planned = life.pauses(State.AWAITING_APPROVAL)
    world.approve(planned)
    life.killed(planned, "spawn.after_fork")
    with life.worker():
        life.pauses(State.APPLIED)
        life.commit("five")
        planned = life.pauses(State.AWAITING_APPROVAL)
    world.approve(planned)
    life.killed(planned, "spawn.after_fork")
    life.says("worker", "forget", "w-1", "--force", "--yes")
    life.pauses(State.INTERRUPTED)
    with life.worker():
        until(lambda: bool(list(life.at_worker.glob("work/refused-*"))), "it is not set aside")
    for words in (
        ("status",), ("run", "list"), ("stack", "show", "web"), ("stack", "history", "web"), ("audit", "log"), ("drift", "show", "dr-1"),
        ("events",), ("pool", "list"), ("worker", "list"), ("lock", "list"), ("state", "list"), ("state", "show", "web"),
        ("state", "diff", "web", "1", "2"), ("config", "show"),
    ):  # fmt: skip
        life.says(*words, expect=None)
        life.says(*words, "-o", "json", expect=None)
    life.looks()


pytestmark = [
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on PATH"),
    pytest.mark.long,
    needs_terraform,
]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    root = tmp_path_factory.mktemp("life")
    (root / "redis").mkdir()
    with ExitStack() as stack:
        redis = stack.enter_context(
            running(root / "redis", password=ONLY_WORKER["the password of the broker"], keeps=True)
        )
        one = Life(root, redis)
        with one.daemon():
            live(one)
        yield one
        one.world.leave()


def wherever(life: Life) -> dict[str, bytes | str]:
    """All that was said and kept, by where. A lease and the job of a lost apply name the stack as its file does."""
    database = life.data / "driftline.db"
    kept: dict[str, bytes | str] = {
        "a row of the database": rows_of(database, but={*DEFINITIONS, "leases"}),
        "a lease": rows_of(database, but=DEFINITIONS),
    }
    kept |= {f"server: {name}": content for name, content in files_of(life.data, but=_GIT).items()}
    kept |= {f"worker: {name}": content for name, content in files_of(life.at_worker, but=_GIT).items()}
    kept |= {str(path): path.read_bytes() for path in life.redis.folder.rglob("*") if path.is_file()}
    kept |= {"the server's log": life.server_log.read_text(), "the worker's log": life.worker_log.read_text()}
    return kept | dict(life.said)


def names_the_stack(place: str) -> bool:
    return place == "a lease" or place.startswith(("server: driftline.db", "worker: work/refused-"))


def found(canary: str, kept: Mapping[str, bytes | str]) -> list[str]:
    return [
        place
        for place, content in kept.items()
        if (canary in content if isinstance(content, str) else canary.encode() in content)
    ]


def test_no_secret_is_told_or_kept_in_clear(life: Life) -> None:
    kept = wherever(life)
    leaks = {}
    for place, canary in CANARIES.items():
        in_stack_file = place == "vars of the stack file"
        leaks[place] = [one for one in found(canary, kept) if not (in_stack_file and names_the_stack(one))]
    # The code of this stack puts it into its state, which is no leak: it has ended with its run.
    leaks["a served state"] = [
        one for one in found("driftstate_", kept) if one.startswith("worker: ") or one.endswith("log")
    ]
    assert not {place: leaked for place, leaked in leaks.items() if leaked}


def test_every_secret_was_really_there(life: Life) -> None:
    state = life.says("state", "pull", "web")
    applied = state + life.world.cloud.read_text()
    repository = b"".join(
        path.read_bytes() for path in (life.at_worker / "trees").rglob("*") if path.is_file()
    )
    for place, canary in {**IN_GIT, **AT_WORKER}.items():
        assert canary in applied or canary.encode() in repository, place
    assert life.redis.password in life.config.read_text()


def test_the_runs_went_over_the_broker_and_were_seen_on_pages(life: Life) -> None:
    commands = b"".join(path.read_bytes() for path in life.redis.folder.rglob("*.aof"))
    assert commands.count(b"driftline.execute") > 5
    assert {"page /pools", "page /runs/run-1", "page /metrics"} <= life.said.keys()
    assert "Apply complete" in life.said["/runs/run-1/log"]


_OF_GIT = {".idx", ".pack"}  # which git itself makes readable, in a folder that nobody else gets into


def test_nothing_of_a_worker_is_open_to_others(life: Life) -> None:
    loose = [
        f"{path.stat().st_mode & 0o777:04o} {path.relative_to(life.at_worker)}"
        for path in (life.at_worker, *life.at_worker.rglob("*"))
        if not path.is_symlink() and path.stat().st_mode & 0o077 and path.suffix not in _OF_GIT
    ]
    assert loose == []
