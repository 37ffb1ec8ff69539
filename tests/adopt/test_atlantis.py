"""What a user of Atlantis has becomes stack files; what has no counterpart is told with its line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from trees import MODULE, Tree, backend

from runner.cli.main import main

Call = Callable[..., Result]
Made = Callable[[Tree], Path]
CODE: Tree = {
    "network/main.tf": backend("network"),
    "network/prod.tfvars": "",
    "app/main.tf": backend("app"),
    "modules/queue/main.tf": MODULE,
}


def imported(*words: str, code: int = 0) -> dict[str, Any]:
    shown = CliRunner().invoke(main, ["import", "-o", "json", *words])
    assert shown.exit_code == code, shown.output
    page: dict[str, Any] = json.loads(shown.stdout)
    return page


def notes(page: dict[str, Any]) -> dict[str, str]:
    return {row["key"]: row["why"] for row in page["notes"]}


def declared(top: Path, folder: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((top / folder / "stack.yaml").read_text())
    return found


def with_projects(text: str, more: str = "") -> Tree:
    return {**CODE, "atlantis.yaml": f"version: 3\nprojects:\n{text}{more}"}


def test_a_project_becomes_a_stack_file(repository: Made) -> None:
    top = repository(
        with_projects(
            "- {name: net, dir: network, workspace: prod, terraform_version: v1.9.5}\n"
            "- name: app\n"
            "  dir: ./app/\n"
            "  depends_on: [net]\n"
            "  terraform_distribution: opentofu\n"
            '  autoplan: {enabled: true, when_modified: ["*.tf", "../modules/**/*.tf"]}\n'
        )
    )
    imported()
    assert declared(top, "network") == {
        "name": "net",
        "terraform_workspace": "prod",
        "engine_version": "1.9.5",
    }
    assert declared(top, "app") == {
        "name": "app",
        "engine": "tofu",
        "watch": ["../modules/**/*.tf"],
        "depends_on": ["net"],
    }


def test_options_of_a_workflow_become_keys_of_the_stack(repository: Made) -> None:
    flow = (
        "workflows:\n  vars:\n    plan:\n      steps:\n"
        "      - init: {extra_args: [-backend-config=key=other, -lock=false]}\n"
        "      - env: {name: TF_VAR_region, value: eu-west-1}\n"
        "      - env: {name: TF_VAR_who, command: whoami}\n"
        '      - plan: {extra_args: [-var-file, "$WORKSPACE.tfvars", -var, "size=3", "-parallelism=4"]}\n'
    )
    top = repository(with_projects("- {dir: network, workspace: prod, workflow: vars}\n", flow))
    page = imported()
    assert declared(top, "network") == {
        "name": "network/prod",
        "terraform_workspace": "prod",
        "var_files": ["prod.tfvars"],
        "vars": {"size": "3"},
        "backend_config": {"key": "other"},
        "env": {"TF_VAR_region": "eu-west-1"},
        "parallelism": 4,
    }
    left = notes(page)
    assert "the lock" in left["workflows.vars.plan.steps[0].init.extra_args[1]"]
    assert "no commands" in left["workflows.vars.plan.steps[2].env.command"]


def test_a_workflow_of_the_server_counts_where_its_file_is_given_too(
    repository: Made, tmp_path: Path
) -> None:
    server = tmp_path / "server.yaml"
    server.write_text(
        "repos:\n- id: /.*/\n  workflow: vars\n  pre_workflow_hooks: [{run: make}]\n"
        "workflows:\n  vars:\n    plan:\n      steps: [{plan: {extra_args: [-var=a=b]}}]\n"
    )
    top = repository(with_projects("- {dir: network}\n"))
    page = imported("atlantis.yaml", str(server))
    assert declared(top, "network") == {"name": "network", "vars": {"a": "b"}}
    assert "no commands" in notes(page)["repos[0].pre_workflow_hooks"]


def test_without_projects_the_directories_are_searched_as_atlantis_does(repository: Made) -> None:
    top = repository(
        {**CODE, "atlantis.yaml": "version: 3\nautodiscover: {mode: enabled, ignore_paths: [app]}\n"}
    )
    assert [row["directory"] for row in imported()["stacks"]] == ["network"]
    assert declared(top, "network") == {"name": "network"}


@pytest.mark.parametrize(
    ("project", "key", "why"),
    [
        ("{dir: nowhere}", "dir", "no such directory"),
        ("{dir: ../outside}", "projects[0]", "inside the repository"),
        ("{dir: network, workflow: none}", "projects[0].workflow", "is not in this file"),
        ("{dir: network, depends_on: [ghost]}", "depends_on", "ghost"),
        ("{dir: network, execution_order_group: 2}", "projects[0].execution_order_group", "groups"),
        ("{dir: network, apply_requirements: [mergeable]}", "projects[0].apply_requirements[0]", "merged"),
        ("{dir: network, unheard: {of: 1}}", "projects[0].unheard.of", "not known"),
        ("{dir: network, autoplan: {enabled: false}}", "projects[0].autoplan.enabled", "is planned when"),
        (
            '{dir: network, autoplan: {when_modified: ["!../x"]}}',
            "projects[0].autoplan.when_modified[0]",
            "excludes",
        ),
        ("{dir: network, terraform_version: newest}", "engine_version", "version constraint"),
    ],
)
def test_what_has_no_counterpart_is_told(repository: Made, project: str, key: str, why: str) -> None:
    repository(with_projects(f"- {project}\n- {{dir: app}}\n"))
    page = imported()
    assert why in notes(page)[key]
    assert next(row["line"] for row in page["notes"] if row["key"] == key) == 3
    assert "app" in {row["directory"] for row in page["stacks"]}


def test_what_looks_like_a_secret_is_not_copied(repository: Made) -> None:
    flow = (
        "workflows:\n  w:\n    plan:\n      steps:\n"
        "      - env: {name: DB_PASSWORD, value: hunter2}\n      - env: {name: AWS_SESSION_NAME, value: hunter2}\n"
    )
    top = repository(with_projects("- {dir: network, workflow: w}\n", flow))
    page = imported()
    assert (
        "contexts"
        in {row["key"]: row["instead"] for row in page["notes"]}["workflows.w.plan.steps[0].env.value"]
    )
    assert "hunter2" not in json.dumps(page) + (top / "network/stack.yaml").read_text()


def test_a_template_behind_an_anchor_is_used_where_its_aliases_are(repository: Made) -> None:
    top = repository(
        with_projects(
            "- &it\n  name: net\n  dir: network\n  workspace: prod\n- <<: *it\n  name: app\n  dir: app\n"
        )
    )
    imported()
    assert declared(top, "app") == {"name": "app", "terraform_workspace": "prod"}


def test_an_import_never_lets_a_stack_apply_by_itself(repository: Made) -> None:
    top = repository(with_projects("- {dir: network}\n- {dir: app, apply_requirements: []}\n"))
    imported()
    assert "apply" not in declared(top, "app")
    rules = yaml.safe_load((top / "driftline.yaml").read_text())["approvals"]["rules"]
    assert rules == [
        {
            "match": {"sources": ["here"]},
            "mode_at_most": "never",
            "reason": "applied by Atlantis until adopted",
        }
    ]


def test_two_projects_with_one_state_become_one_stack(repository: Made) -> None:
    repository(
        with_projects("- {name: a, dir: network}\n- {name: b, dir: network}\n- {dir: app, depends_on: [b]}\n")
    )
    page = imported()
    assert [row["stack"] for row in page["stacks"]] == ["a", "app"]
    assert "same state as the stack a" in notes(page)["dir"]


def test_a_cycle_is_broken_and_told(repository: Made) -> None:
    repository(
        with_projects("- {name: a, dir: network, depends_on: [b]}\n- {name: b, dir: app, depends_on: [a]}\n")
    )
    page = imported()
    assert "a cycle" in notes(page)["depends_on"]
    assert len(page["stacks"]) == 2


def test_what_discovery_would_refuse_is_left_out_with_its_reason(repository: Made, driftline: Call) -> None:
    code = {"network/main.tf": 'terraform {\n  backend "local" {\n    path = "x.tfstate"\n  }\n}\n'}
    repository({**with_projects("- {name: net, dir: network}\n- {dir: app, depends_on: [net]}\n"), **code})
    page = imported()
    assert [row["stack"] for row in page["stacks"]] == ["app"]
    assert "would be refused: network/main.tf" in notes(page)["dir"]
    assert driftline("stack", "validate").exit_code == 0
