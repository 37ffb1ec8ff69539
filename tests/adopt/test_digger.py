"""What a user of Digger has becomes stack files, generated projects included."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result
from layouts import LIVE
from trees import Tree

from runner.cli.main import main

Made = Callable[[Tree], Path]
Call = Callable[..., Result]
GENERATED = """\
generate_projects:
  blocks:
  - include: live/prod/**
    exclude: live/prod/_global/**
    workflow: prod
    aws_role_to_assume: {aws_role_region: eu-west-1, command: "arn:aws:iam::111122223333:role/tf", state: other}
  - {include: "live/stage/**", opentofu: true, workspace: stage}
workflows:
  prod:
    plan: {steps: [init, {plan: {extra_args: ["-var=size=3"]}}, {run: make}]}
    env_vars: {commands: [{name: TOKEN, value_from: CI_TOKEN}, {name: AWS_PROFILE, value: prod}]}
    workflow_configuration: {on_commit_to_default: [digger apply]}
"""


def imported(*words: str) -> dict[str, Any]:
    shown = CliRunner().invoke(main, ["import", "-o", "json", *words])
    assert shown.exit_code == 0, shown.output
    page: dict[str, Any] = json.loads(shown.stdout)
    return page


def test_generated_projects_become_stacks_of_the_root_modules_that_match(
    repository: Made, driftline: Call
) -> None:
    top = repository({**LIVE, "digger.yml": GENERATED})
    page = imported()
    assert {row["directory"] for row in page["stacks"]} == {
        "live/prod/eu-west-1/eks",
        "live/prod/eu-west-1/vpc",
        "live/stage/eu-west-1/eks",
        "live/stage/eu-west-1/vpc",
    }
    assert yaml.safe_load((top / "live/prod/eu-west-1/vpc/stack.yaml").read_text()) == {
        "name": "prod/eu-west-1/vpc",
        "vars": {"size": "3"},
        "aws": {
            "region": "eu-west-1",
            "plan_role": "arn:aws:iam::111122223333:role/tf",
            "apply_role": "arn:aws:iam::111122223333:role/tf",
        },
    }
    left_out = {row["directory"]: row["why"] for row in page["left_out"]}
    assert "Digger does not name it" in left_out["live/prod/_global/iam"]
    assert driftline("stack", "validate", "-c", "driftline.yaml").exit_code == 0
    assert driftline("config", "validate", "driftline.yaml").exit_code == 0
    assert {row["state"] for row in imported()["files"]} == {"same"}


def test_secrets_of_ci_commands_and_automatic_applies_are_told(repository: Made) -> None:
    top = repository({**LIVE, "digger.yml": GENERATED})
    notes = {row["key"]: (row["why"], row["instead"]) for row in imported()["notes"]}
    flow = "workflows.prod"
    assert "secret of CI" in notes[f"{flow}.env_vars.commands[0].value_from"][0]
    assert "may not set AWS_PROFILE" in notes[f"{flow}.env_vars.commands[1].value"][0]
    assert "no commands" in notes[f"{flow}.plan.steps[2].run"][0]
    assert "mode: automatic" in notes[f"{flow}.workflow_configuration"][1]
    assert "one role" in notes["generate_projects.blocks[0].aws_role_to_assume.state"][0]
    assert not any("automatic" in path.read_text() for path in top.rglob("stack.yaml"))


def test_projects_have_their_names_and_dependencies(repository: Made) -> None:
    text = (
        "projects:\n- {name: vpc, dir: live/prod/eu-west-1/vpc}\n"
        "- {name: eks, dir: live/prod/eu-west-1/eks, depends_on: [vpc], include_patterns: [modules/eks/*.tf]}\n"
        "- {name: old, dir: live/legacy/app, terragrunt: true}\n"
    )
    top = repository({**LIVE, "digger.yml": text})
    page = imported()
    assert yaml.safe_load((top / "live/prod/eu-west-1/eks/stack.yaml").read_text()) == {
        "name": "eks",
        "watch": ["../../../../modules/eks/*.tf"],
        "depends_on": ["vpc"],
    }
    assert {row["key"] for row in page["notes"]} == {"projects[2]", "projects[2].terragrunt"}
