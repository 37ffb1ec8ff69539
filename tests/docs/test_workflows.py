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
    return [step for job in jobs(path).values() for step in job.get("steps", [])]


def calls(path: Path) -> list[dict[str, Any]]:
    return [job for job in jobs(path).values() if "uses" in job]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_has_steps_or_calls_a_workflow_that_exists(path: Path) -> None:
    assert steps(path) or calls(path)
    assert [job["uses"] for job in calls(path) if not (ROOT / job["uses"]).is_file()] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_pinned_to_a_commit(path: Path) -> None:
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert [name for name in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_script_of_a_workflow_exists(path: Path) -> None:
    called = re.findall(r"\./(scripts/[\w-]+)", " ".join(step.get("run", "") for step in steps(path)))
    assert [name for name in called if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_job_has_its_own_permissions_and_ends_in_time(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    assert [name for name, job in jobs(path).items() if "permissions" not in job] == []
    # GitHub takes no limit for a call: the job that is called has its own.
    assert [
        name for name, job in jobs(path).items() if "timeout-minutes" not in job and "uses" not in job
    ] == []


def test_every_repetition_is_tested_nightly_and_before_a_release() -> None:
    nightly, release = (ROOT / ".github" / "workflows" / f"{name}.yml" for name in ("nightly", "release"))
    assert [job["with"]["arguments"] for path in (nightly, release) for job in calls(path)] == [
        "--thorough"
    ] * 2
    assert "schedule" in yaml.safe_load(nightly.read_text())[True]  # `on` is a boolean in YAML 1.1
    assert jobs(release)["build"]["needs"] == "thorough"


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
