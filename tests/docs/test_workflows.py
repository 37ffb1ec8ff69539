"""GitHub runs what everybody runs at home, and only what is pinned."""

import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from runner.cli.main import main

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text())["jobs"]
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(path).values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_pinned_to_a_commit(path: Path) -> None:
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_script_of_a_workflow_exists(path: Path) -> None:
    called = re.findall(r"\./(scripts/[\w-]+)", " ".join(step.get("run", "") for step in steps(path)))
    assert called
    assert [name for name in called if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_job_has_its_own_permissions_and_ends_in_time(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    assert [
        name for name, job in jobs(path).items() if not {"permissions", "timeout-minutes"} <= set(job)
    ] == []


def test_ci_tests_every_python_that_the_package_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "Programming Language :: Python :: "
    named = [name.removeprefix(prefix) for name in project["classifiers"] if name.startswith(prefix)]
    assert jobs(ROOT / ".github" / "workflows" / "ci.yml")["test"]["strategy"]["matrix"]["python"] == named
    assert project["requires-python"] == f">={named[0]}"


def test_every_hook_of_pre_commit_is_a_piece_of_the_lint_script() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    pieces = re.findall(r"^(\w+)\(\) \{", (ROOT / "scripts" / "lint").read_text(), re.MULTILINE)
    assert [hook["entry"] for hook in hooks] == [f"./scripts/lint {piece}" for piece in pieces]


def test_the_hook_for_other_repositories_calls_a_command_that_exists() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    _, group, name = hook["entry"].split()
    command = main.get_command(click.Context(main), group)
    assert isinstance(command, click.Group)
    assert name in command.commands
    assert re.search(hook["files"], "prod/network/stack.yaml")
    assert not re.search(hook["files"], "prod/network/haystack.yaml")
