"""What a user of Terrateam has becomes stack files: tags become labels, and say which workflow counts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from trees import BY_WORKSPACE, Tree, backend

from runner.cli.main import main
from runner.model.adopt.tag_query import Tagged, query

Made = Callable[[Tree], Path]
Call = Callable[..., Result]
# One directory with workspaces, one by a glob, one that only the search finds.
TAGS: Tree = {
    "app/main.tf": backend("app") + BY_WORKSPACE,
    "app/prod.tfvars": "",
    "app/dev.tfvars": "",
    "data/eu/main.tf": backend("eu"),
    "data/us/main.tf": backend("us"),
    "network/main.tf": backend("network"),
    "modules/m/main.tf": 'variable "x" {}\n',
    ".terrateam/config.yml": """\
version: "1"
engine: {name: tofu}
dirs:
  app:
    tags: [app]
    workspaces:
      dev: {tags: [dev]}
      prod: {tags: [prod, "tier:gold"]}
    when_modified: {file_patterns: ["${DIR}/*.tf", "modules/m/*.tf"]}
  data/*: {tags: [data]}
workflows:
- tag_query: app
  plan:
  - {type: init}
  - {type: plan, extra_args: ["-var-file=${TERRATEAM_WORKSPACE}.tfvars"], env: {TF_VAR_a: b}}
  - {type: run, cmd: [make]}
- tag_query: "app or data"
  terraform_version: 1.8.1
drift: {enabled: true, schedules: {gold: {tag_query: "tier:gold", schedule: daily, reconcile: true}}}
apply_requirements:
  checks:
  - {tag_query: prod, approved: {enabled: true, count: 2, any_of: ["team:sre"]}}
when_modified: {autoapply: true}
""",
}


def imported(*words: str) -> dict[str, Any]:
    shown = CliRunner().invoke(main, ["import", "-o", "json", *words])
    assert shown.exit_code == 0, shown.output
    page: dict[str, Any] = json.loads(shown.stdout)
    return page


def test_directories_workspaces_and_tags_become_stacks(repository: Made, driftline: Call) -> None:
    top = repository(TAGS)
    imported()
    dev, prod = yaml.safe_load_all((top / "app/stack.yaml").read_text())
    assert dev == {
        "name": "app/dev",
        "labels": {"app": "true", "dev": "true"},
        "engine": "tofu",
        "terraform_workspace": "dev",
        "var_files": ["dev.tfvars"],
        "env": {"TF_VAR_a": "b"},
        "watch": ["../modules/m/*.tf"],
    }
    assert prod["labels"] == {"app": "true", "prod": "true", "tier": "gold"}
    assert (prod["apply"], prod["drift"]) == ({"approvals": 2}, {"schedule": "17 4 * * *"})
    assert yaml.safe_load((top / "data/eu/stack.yaml").read_text()) == {
        "name": "data/eu",
        "labels": {"data": "true"},
        "engine": "tofu",
        "engine_version": "1.8.1",
    }
    assert yaml.safe_load((top / "network/stack.yaml").read_text()) == {"name": "network", "engine": "tofu"}
    assert driftline("stack", "validate", "-c", "driftline.yaml").exit_code == 0
    assert driftline("config", "validate", "driftline.yaml").exit_code == 0
    assert {row["state"] for row in imported()["files"]} == {"same"}


def test_what_has_no_counterpart_is_told(repository: Made) -> None:
    top = repository(TAGS)
    notes = {row["key"]: row["why"] for row in imported()["notes"]}
    assert notes.keys() == {
        "workflows[0].plan[2]",
        "drift.schedules.gold.reconcile",
        "apply_requirements.checks[0].approved.any_of",
        "when_modified.autoapply",
    }
    assert not any("automatic" in path.read_text() for path in top.rglob("stack.yaml"))


ONE = Tagged(frozenset({"a", "b", "tier:gold"}), "live/prod/app", "eu")


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("a and b", True),
        ("a b", True),
        ("a and c", False),
        ("c or a", True),
        ("not c and (a or d)", True),
        ("not (a or d)", False),
        ("tier:gold", True),
        ("dir:live/prod", True),
        ("dir:live/pro", False),
        ("workspace:eu", True),
        ("prod in dir", True),
        ("stage in dir", False),
        ("a and", None),
        ("(a", None),
        ("a)", None),
        ("(" * 900, None),
    ],
)
def test_a_query_matches_tags_directories_and_workspaces(text: str, *, matches: bool | None) -> None:
    found = query(text)
    assert (found(ONE) if found is not None else None) is matches


def test_a_list_of_directories_is_known_by_what_it_holds(repository: Made) -> None:
    text = "schedule: 0 6 * * mon\ndirectories:\n- network\n- {path: data/*, tf_version: 1.9.0}\n- gone\n"
    top = repository({**TAGS, ".terraform-drift.yml": text})
    page = imported(".terraform-drift.yml")
    assert {row["stack"] for row in page["stacks"]} == {"network", "data/eu", "data/us"}
    assert yaml.safe_load((top / "data/eu/stack.yaml").read_text()) == {
        "name": "data/eu",
        "engine_version": "1.9.0",
        "drift": {"schedule": "0 6 * * mon"},
    }
    assert [(row["key"], row["line"]) for row in page["notes"]] == [("dir", 5)]


def test_a_listed_directory_outside_of_the_repository_is_told_as_that(repository: Made) -> None:
    repository({**TAGS, ".terraform-drift.yml": "directories:\n- network\n- ../other\n- {path: /etc}\n"})
    notes = imported(".terraform-drift.yml")["notes"]
    assert [(row["line"], row["why"]) for row in notes] == [
        (3, "the directory is outside of the repository"),
        (4, "the directory is outside of the repository"),
    ]


def test_files_of_two_tools_are_not_mixed(repository: Made, driftline: Call) -> None:
    repository({**TAGS, "atlantis.yaml": "version: 3\nprojects: [{dir: app}]\n"})
    assert driftline("import").exit_code == 64
    assert "atlantis, terrateam" in driftline("import").stderr


def test_a_file_of_no_known_tool_is_named_with_the_way_out(repository: Made, driftline: Call) -> None:
    repository({"main.tf": "", "odd.yaml": "x: 1\n"})
    for words in (["import"], ["import", "odd.yaml"]):
        shown = driftline(*words)
        assert (shown.exit_code, "init --scan" in shown.stderr) == (64, True)
