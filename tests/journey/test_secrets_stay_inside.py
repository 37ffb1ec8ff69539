"""A whole life of a stack with another secret in every place: outside the encrypted artifacts none is ever seen."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from leaks import files_of, rows_of
from provider.mirror import install
from world import World

from runner.cli.main import main

# What stands in Git is in the mirror and in the exported tree: these are looked for everywhere else.
IN_GIT = {
    "vars of the stack file": "canary-vars-4d1f",
    "a var file": "canary-varfile-77ab",
    "the default of a variable": "canary-default-0c3e",
    "the stack's env": "canary-stackenv-91d2",
    "a sensitive output": "canary-output-5be0",
    "an attribute that the schema marks": "canary-schema-e1c7",
    "an attribute that sensitive() marks": "canary-marked-38fa",
    "an element of a list": "canary-element-6a90",
    "a value of a map": "canary-mapvalue-b247",
    "an instance of for_each": "canary-foreach-d8e3",
    "a nested object": "canary-nested-2f5c",
    "a trigger": "canary-trigger-a96b",
    "a provider's configuration": "canary-provider-c04d",
    "the second value of an attribute": "canary-second-19e8",
}
IN_STACK_FILE = {"vars of the stack file", "the stack's env"}
ELSEWHERE = {
    "a variable from the environment": "canary-envvar-f3a1",
    "the daemon's environment": "canary-daemonenv-83bd",
    "the token of a Git remote": "canary-gittoken-c6f7",
    "a value changed in the cloud": "canary-drifted-07d5",
}
CANARIES = {**IN_GIT, **ELSEWHERE}

STACK = """\
name: web
vars: {{pin: "{vars of the stack file}"}}
var_files: [web.tfvars]
env: {{APP_TOKEN: "{the stack's env}"}}
"""
VARIABLES = 'filed = {{\n  deep = ["{a var file}"]\n}}\n'
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
variable "filed" {{
  type      = object({{ deep = list(string) }})
  sensitive = true
}}
variable "dsn" {{
  type      = string
  sensitive = true
}}
variable "fallback" {{
  default   = "{the default of a variable}"
  sensitive = true
}}
locals {{
  value = "VALUE"
}}
resource "cloudfile_object" "web" {{
  name   = "web"
  value  = local.value
  secret = "{an attribute that the schema marks}"
  list   = ["plain", sensitive("{an element of a list}")]
  tags   = {{ env = "test", key = sensitive("{a value of a map}"), dsn = var.dsn }}
}}
resource "cloudfile_object" "each" {{
  for_each = nonsensitive(toset(["a", "b"]))
  name     = "each-${{each.key}}"
  value    = sensitive("{an instance of for_each}")
}}
resource "cloudfile_object" "marked" {{
  name  = "marked"
  value = sensitive("SECOND")
}}
resource "terraform_data" "one" {{
  input            = {{ plain = "x", deep = [{{ inner = sensitive("{a nested object}") }}], pin = var.pin }}
  triggers_replace = [var.filed.deep, var.fallback, sensitive("{a trigger}")]
  lifecycle {{
    precondition {{
      condition     = local.value != "refused"
      error_message = "refused: ${{nonsensitive(var.pin)}} ${{nonsensitive(var.dsn)}} ${{nonsensitive(var.fallback)}}"
    }}
  }}
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
apply: {fresh_for: 1h}
approvals: {author_may_approve: true}
"""
TOKEN_SOURCE = """\
  - {{name: far, url: "https://127.0.0.1:9/far.git", auth: {{token: "{token}"}}}}
"""


class Life:
    """What was ever said, and the folder with what was ever written."""

    def __init__(self, root: Path) -> None:
        self.world = World(
            root, CONFIG, engines=f"  plugin_mirror: {install(root / 'mirror')}\n  env: [TF_VAR_dsn]\n"
        )
        source = TOKEN_SOURCE.format(token=ELSEWHERE["the token of a Git remote"])
        text = self.world.config.read_text()
        self.world.config.write_text(text.replace("engines:\n", f"{source}engines:\n", 1))
        self.data = root / "data"
        self.said: list[str] = []

    def says(self, *words: str, expect: int | None = 0) -> str:
        result = CliRunner().invoke(main, ["-c", str(self.world.config), *words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.said.append(f"$ driftline {' '.join(words)}\n{result.output}")
        assert expect is None or result.exit_code == expect, self.said[-1]
        return result.stdout

    def commit(self, value: str, marked: str) -> None:
        module = MODULE.format(**CANARIES).replace("CLOUD", str(self.world.cloud))
        self.world.commit_files(
            {
                "web/stack.yaml": STACK.format(**CANARIES),
                "web/web.tfvars": VARIABLES.format(**CANARIES),
                "web/main.tf": module.replace("VALUE", value).replace("SECOND", marked),
            }
        )

    def looks(self, run: str) -> None:
        for verb in ("show", "diff"):
            self.says("run", verb, run, expect=None)
            self.says("run", verb, run, "-o", "json", expect=None)
        self.says("run", "diff", run, "--full", expect=None)
        self.says("logs", run, expect=None)

    def planned(self, *, expect: int = 0) -> str:
        (run,) = json.loads(self.says("plan", "web", "-o", "json", expect=expect))
        self.looks(run["id"])
        return str(run["id"])

    def applied(self, run: str, *, expect: int = 0) -> None:
        digest = json.loads(self.says("run", "show", run, "-o", "json"))["plan_digest"]
        self.says("approve", run, "--digest", digest[:12], "--yes")
        self.says("apply", run, expect=expect)
        self.looks(run)


# What terraform hands to the provider sooner or later; with the second plan there is one value more.
AT_FIRST = [
    canary
    for place, canary in CANARIES.items()
    if place
    not in {"the daemon's environment", "the token of a Git remote", "the second value of an attribute"}
]
EVERYTHING = [*AT_FIRST, IN_GIT["the second value of an attribute"]]


def live(life: Life) -> None:
    world = life.world
    life.commit("one", IN_GIT["an attribute that sensitive() marks"])
    life.says("daemon", "--once", expect=None)
    life.says("source", "sync", expect=None)
    life.applied(life.planned())
    world.cloud_set(secret=ELSEWHERE["a value changed in the cloud"])
    life.says("drift", "check", "web", expect=2)
    life.says("drift", "check", "web", "-o", "json", expect=2)
    for looked in (("list",), ("show", "dr-1")):
        life.says("drift", *looked)
        life.says("drift", *looked, "-o", "json")
    # The provider tells all it knows, when it refreshes and when it applies.
    world.cloud_set(fail=f"cannot read {' and '.join(AT_FIRST)}")
    life.says("drift", "check", "web", expect=1)
    life.planned(expect=1)
    world.cloud_set(fail=None, fail_apply=f"cannot write {' and '.join(EVERYTHING)}")
    life.commit("two", IN_GIT["the second value of an attribute"])
    life.applied(life.planned(), expect=1)
    life.says("lock", "list")
    life.says("lock", "release", "web", "--reason", "looked at it")
    world.cloud_set(fail_apply=None)
    life.commit("refused", "again")
    life.planned(expect=1)
    life.says("daemon", "--once", expect=None)
    for words in (
        ("status",), ("run", "list"), ("stack", "list"), ("stack", "show", "web"), ("stack", "history", "web"),
        ("audit", "log"), ("config", "show"), ("doctor",), ("source", "list"),
    ):  # fmt: skip
        life.says(*words, expect=None)
        life.says(*words, "-o", "json", expect=None)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_VAR_dsn", ELSEWHERE["a variable from the environment"])
        patch.setenv("DEPLOY_KEY", ELSEWHERE["the daemon's environment"])
        one = Life(tmp_path_factory.mktemp("life"))
        live(one)
        yield one


def test_every_canary_was_really_there(life: Life) -> None:
    states = b"".join(
        path.read_bytes() for path in life.data.glob("workspaces/*/state/**/*") if path.is_file()
    )
    repository = b"".join(path.read_bytes() for path in (life.data / "trees").rglob("*") if path.is_file())
    for place, canary in CANARIES.items():
        known = states + repository + life.world.config.read_bytes() + life.world.cloud.read_bytes()
        assert canary.encode() in known or place == "the daemon's environment", place


def test_no_secret_is_shown(life: Life) -> None:
    leaks = {
        place: said.splitlines()[0]
        for place, canary in CANARIES.items()
        for said in life.said
        if canary in said
    }
    assert not leaks


def test_nothing_is_written_in_clear(life: Life) -> None:
    leaks = {}
    rows = rows_of(life.data / "driftline.db")
    for place, canary in CANARIES.items():
        but = frozenset({"trees", "mirrors"} if place in IN_GIT else ())
        if place in IN_STACK_FILE:
            but |= {"driftline.db", "driftline.db-journal", "driftline.db-wal"}
        found = [
            str(name) for name, content in files_of(life.data, but=but).items() if canary.encode() in content
        ]
        if found or canary in rows:
            leaks[place] = found or ["a row of the database"]
    assert not leaks


def test_plans_and_what_they_know_are_kept_encrypted(life: Life) -> None:
    blobs = list((life.data / "artifacts").glob("run-*/sha256/*"))
    assert len(blobs) > 5
    assert all(blob.read_bytes().startswith(b"DLA1") for blob in blobs)


def test_nothing_is_open_to_others(life: Life) -> None:
    loose = [
        f"{path.stat().st_mode & 0o777:04o} {path.relative_to(life.data)}"
        for path in (life.data, *life.data.rglob("*"))
        if not path.is_symlink() and path.stat().st_mode & 0o077
    ]
    assert loose == []
