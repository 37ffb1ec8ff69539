"""The cloudfile provider under a real Terraform: what the drift tests of the project may rely on."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from provider.cloudfile import edit
from provider.mirror import AWS, aws_mirror, cli_config, install, platform_dir

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on the PATH")

MAIN = """
terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}

provider "cloudfile" {
  path = "${path.module}/cloud.json"
}

resource "cloudfile_object" "web" {
  name   = "web"
  value  = "one"
  secret = "hunter2"
  size   = 0.1
  tags   = { env = "test" }
}

resource "cloudfile_object" "bare" {
  name = "bare"
}

data "cloudfile_lookup" "web" {
  name = cloudfile_object.web.name
}

output "looked_up" {
  value = data.cloudfile_lookup.web.value
}
"""
SLOW = """
resource "cloudfile_object" "slow" {
  name  = "slow"
  delay = 60
}
"""


@dataclass(frozen=True)
class Stack:
    folder: Path
    cli_config: Path

    @property
    def cloud(self) -> Path:
        return self.folder / "cloud.json"

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "TMPDIR": tempfile.gettempdir(),
            "TF_CLI_CONFIG_FILE": str(self.cli_config),
        }

    def run(self, *args: str, code: int = 0) -> str:
        argv = ["terraform", *args]
        done = subprocess.run(
            argv, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def plan(self, code: int) -> dict[str, Any]:
        self.run("plan", "-input=false", "-detailed-exitcode", "-out=plan", code=code)
        shown: dict[str, Any] = json.loads(self.run("show", "-json", "plan"))
        return shown

    def objects(self) -> dict[str, Any]:
        objects: dict[str, Any] = json.loads(self.cloud.read_text())["objects"]
        return objects

    @contextmanager
    def applying(self) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
        """A running apply that has already made the slow object, and a pipe closed by its last descendant."""
        (self.folder / "slow.tf").write_text(SLOW)
        reading, writing = os.pipe()
        argv = ["terraform", "apply", "-auto-approve"]
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(argv, cwd=self.folder, env=self.env, stdout=log, pass_fds=[writing])
        os.close(writing)
        try:
            until(lambda: "slow" in self.objects())
            yield process, reading
        finally:
            process.kill()
            process.wait()
            os.close(reading)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def changes(shown: dict[str, Any], key: str = "resource_changes") -> dict[str, list[str]]:
    """Address -> actions. A data source is there too, as "read", when what it depends on will change."""
    managed = [each for each in shown.get(key, []) if each["mode"] == "managed"]
    actions = {each["address"]: each["change"]["actions"] for each in managed}
    return {address: each for address, each in actions.items() if each != ["no-op"]}


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    root = install(tmp_path_factory.mktemp("mirror"))
    stack = Stack(tmp_path_factory.mktemp("applied"), cli_config(root))
    (stack.folder / "main.tf").write_text(MAIN)
    stack.run("init", "-input=false")
    stack.run("apply", "-input=false", "-auto-approve")
    return stack


@pytest.fixture
def stack(applied: Stack, tmp_path: Path) -> Stack:
    shutil.copytree(applied.folder, tmp_path / "stack", symlinks=True)
    return Stack(tmp_path / "stack", applied.cli_config)


def test_what_was_applied_is_clean(stack: Stack) -> None:
    shown = stack.plan(code=0)
    assert changes(shown) == {}
    assert "resource_drift" not in shown
    assert stack.objects()["web"]["tags"] == {"env": "test"}


def test_a_value_changed_by_hand_is_drift(stack: Stack) -> None:
    with edit(stack.cloud) as objects:
        objects["web"]["value"] = "two"
    shown = stack.plan(code=2)
    update = {"cloudfile_object.web": ["update"]}
    assert changes(shown) == changes(shown, "resource_drift") == update
    [change] = [each["change"] for each in shown["resource_changes"] if each["address"] in update]
    assert (change["before"]["value"], change["after"]["value"]) == ("two", "one")


def test_a_deleted_object_is_created_again(stack: Stack) -> None:
    with edit(stack.cloud) as objects:
        del objects["bare"]
    shown = stack.plan(code=2)
    assert changes(shown, "resource_drift") == {"cloudfile_object.bare": ["delete"]}
    assert changes(shown) == {"cloudfile_object.bare": ["create"]}
    stack.run("apply", "plan")
    stack.plan(code=0)


def test_an_unmanaged_key_is_drift_that_plans_nothing(stack: Stack) -> None:
    with edit(stack.cloud) as objects:
        objects["web"]["owner"] = "someone"
    shown = stack.plan(code=0)
    assert changes(shown, "resource_drift") == {"cloudfile_object.web": ["update"]}
    assert changes(shown) == {}


def test_another_name_replaces(stack: Stack) -> None:
    main = stack.folder / "main.tf"
    main.write_text(MAIN.replace('"bare"\n}', '"nude"\n}'))
    shown = stack.plan(code=2)
    assert changes(shown) == {"cloudfile_object.bare": ["delete", "create"]}
    stack.run("apply", "plan")
    assert set(stack.objects()) == {"web", "nude"}


def test_the_secret_is_marked_sensitive(stack: Stack) -> None:
    shown = stack.plan(code=0)
    [change] = [each["change"] for each in shown["resource_changes"] if each["name"] == "web"]
    assert change["after_sensitive"]["secret"] is True
    assert "value" not in change["after_sensitive"]


def test_the_lookup_reads_the_cloud(stack: Stack) -> None:
    assert json.loads(stack.run("output", "-json", "looked_up")) == "one"


def test_an_order_to_fail_fails_the_read(stack: Stack) -> None:
    with edit(stack.cloud) as objects:
        objects["bare"]["fail"] = "the cloud is on fire"
    assert "the cloud is on fire" in stack.run("plan", "-detailed-exitcode", code=1)


def test_an_order_to_fail_the_apply_lets_the_plan_pass(stack: Stack) -> None:
    with edit(stack.cloud) as objects:
        objects["web"] |= {"value": "two", "fail_apply": "quota exceeded"}
    stack.plan(code=2)
    assert "quota exceeded" in stack.run("apply", "plan", code=1)
    assert stack.objects()["web"]["value"] == "two"


def test_one_interrupt_drops_the_call_and_keeps_the_object(stack: Stack) -> None:
    """As the AWS provider does: the object exists, the state lacks it."""
    with stack.applying() as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 1
    assert "slow" in stack.objects()
    assert "cloudfile_object.slow" not in stack.run("state", "list")
    (stack.folder / "slow.tf").write_text(SLOW.replace("60", "0"))
    assert "Object slow already exists" in stack.run("apply", "-auto-approve", code=1)


def test_the_provider_does_not_outlive_a_killed_terraform(stack: Stack) -> None:
    with stack.applying() as (process, last_descendant):
        process.kill()
        readable, _, _ = select.select([last_descendant], [], [], 10)
        assert readable


def test_the_launcher_is_the_same_in_every_mirror(tmp_path: Path) -> None:
    """Its checksum is in the lock files."""
    one, two = (install(tmp_path / name) for name in ("one", "two"))
    [binary] = [path.relative_to(one) for path in one.rglob("terraform-provider-*")]
    assert (one / binary).read_bytes() == (two / binary).read_bytes()


def test_an_aws_mirror_is_found_and_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = AWS / "5.0.0" / platform_dir()
    (tmp_path / "elsewhere" / package).mkdir(parents=True)
    monkeypatch.setenv("DRIFTLINE_TEST_PLUGIN_MIRROR", str(tmp_path / "elsewhere"))
    assert aws_mirror() == tmp_path / "elsewhere"
    root = install(tmp_path / "mirror", with_aws=True)
    assert (root / package).resolve() == tmp_path / "elsewhere" / package
