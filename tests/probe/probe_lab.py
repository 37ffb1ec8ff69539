"""Brings a case up with terraform, leads it through its situations, and asks terraform for the plan in each."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from moto_process import Moto
from probe_case import CHANGES, Case, Situation
from provider.cloudfile import edit

STATE = "terraform.tfstate"
PLAN_FILE = "plan.tfplan"
CODE = ("*.tf", "*.tfvars")
# The second apply changes nothing: after the first one some attributes are null which are empty once they are read,
# and that would be drift in every plan.
BRING_UP = (("apply", "-auto-approve"), ("apply", "-auto-approve", "-refresh-only"))
PARALLEL = "-parallelism=20"  # an object that waits, such as a load balancer, holds up few others


class Planned(NamedTuple):
    exit_code: int
    document: dict[str, Any]


@dataclass(frozen=True)
class Stack:
    """A case that terraform has applied, in the folder where it did."""

    case: Case
    folder: Path
    environment: Mapping[str, str]
    applied: bytes  # the state
    moto: Moto | None

    def terraform(self, *arguments: str, expect: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        return terraform(self.folder, self.environment, *arguments, expect=expect)

    def lay_out(self, situation: Situation) -> None:
        """Code and state, as applied but for what the situation says."""
        copy_code(self.case, self.folder, situation.code)
        (self.folder / STATE).write_bytes(self.applied)
        for command in situation.commands:
            self.terraform(*command)
        if situation.state:
            state = json.loads((self.folder / STATE).read_bytes())
            for change in situation.state:
                change(state)
            (self.folder / STATE).write_text(json.dumps(state))

    # ---- by hand

    def client(self, service: str, region: str | None = None) -> Any:
        assert self.moto is not None
        return self.moto.client(service, region or self.case.region)

    def attribute(self, address: str, name: str = "id") -> Any:
        for resource in json.loads(self.applied)["resources"]:
            for instance in resource["instances"]:
                if address_of(resource, instance) == address:
                    return instance["attributes"][name]
        raise LookupError(address)

    def objects(self) -> AbstractContextManager[dict[str, dict[str, Any]]]:
        return edit(self.folder / "cloud.json")


def make_plan(stack: Stack) -> int:
    """terraform's plan of the stack as it stands, in PLAN_FILE; its exit code."""
    plan = ("plan", "-detailed-exitcode", "-input=false", "-lock=false", "-no-color", f"-out={PLAN_FILE}")
    return stack.terraform(*plan, expect=(0, 2)).returncode


def plan_document(stack: Stack) -> dict[str, Any]:
    """What terraform shows of that plan."""
    document: dict[str, Any] = json.loads(stack.terraform("show", "-json", PLAN_FILE).stdout)
    return document


@dataclass(frozen=True)
class Lab:
    """Where cases are brought up, one at a time: each begins with an empty cloud."""

    folder: Path
    cli_config: Path
    moto: Callable[[], Moto]  # started when a case needs it

    def walk(self, case: Case) -> Iterator[tuple[Situation, Stack]]:
        """The case, applied once and led from one of its situations into the next."""
        stack = self.bring_up(case)
        for situation in case.situations:
            for change in situation.by_hand:
                change(stack)
            stack.lay_out(situation)
            yield situation, stack

    def bring_up(self, case: Case) -> Stack:
        stack = self.begin(case)
        for command in BRING_UP:
            stack.terraform(*command, "-input=false", "-no-color", PARALLEL)
        return replace(stack, applied=(stack.folder / STATE).read_bytes())

    def begin(self, case: Case) -> Stack:
        """With nothing applied yet."""
        folder = self.folder / case.name
        shutil.rmtree(folder, ignore_errors=True)
        copy_code(case, folder)
        moto = self.moto() if case.aws else None
        if moto:
            moto.reset()
        environment = self.environment(moto)
        terraform(folder, environment, "init", "-input=false", "-no-color")
        return Stack(case, folder, environment, b"", moto)

    def environment(self, moto: Moto | None) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": tempfile.gettempdir(),  # not the test's folder: a provider's socket has to fit into 108 bytes
            "TF_CLI_CONFIG_FILE": str(self.cli_config),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "GOGC": "400",  # less CPU for each plan
            **(moto.environment if moto else {}),
        }


def copy_code(case: Case, folder: Path, change: str = "") -> None:
    for pattern in CODE:
        for stale in folder.glob(pattern):
            stale.unlink()
    shutil.copytree(case.folder, folder, ignore=shutil.ignore_patterns(CHANGES), dirs_exist_ok=True)
    if change:
        shutil.copytree(case.folder / CHANGES / change, folder, dirs_exist_ok=True)


def address_of(resource: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    data = "data." if resource["mode"] == "data" else ""
    module = f"{resource['module']}." if "module" in resource else ""
    key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
    return f"{module}{data}{resource['type']}.{resource['name']}{key}"


def terraform(
    folder: Path, environment: Mapping[str, str], *arguments: str, expect: tuple[int, ...] = (0,)
) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        ["terraform", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode in expect, (
        f"terraform {arguments[0]}: {ended.stdout[-2000:]}{ended.stderr[-4000:]}"
    )
    return ended
