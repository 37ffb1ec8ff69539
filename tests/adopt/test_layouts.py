"""Root modules of whole repositories are found by their directories alone, and each guess is told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from layouts import ENVIRONMENTS, LIVE, PARTIAL, SERVICES, WORKSPACES
from trees import Tree

from runner.cli.main import main

Call = Callable[..., Result]
Made = Callable[[Tree], Path]

SHARED = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key    = "k"\n  }\n}\n'

# directory, stack, what it has besides its name
STACKS: list[tuple[str, Tree, list[tuple[str, str, dict[str, Any]]]]] = [
    (
        "environments",
        ENVIRONMENTS,
        [
            ("bootstrap", "bootstrap", {}),
            ("environments/dev", "dev", {}),
            ("environments/prod", "prod", {}),
        ],
    ),
    (
        "live",
        LIVE,
        [
            ("live/prod/_global/iam", "prod/_global/iam", {}),
            ("live/prod/eu-west-1/eks", "prod/eu-west-1/eks", {"depends_on": ["prod/eu-west-1/vpc"]}),
            ("live/prod/eu-west-1/vpc", "prod/eu-west-1/vpc", {}),
            (
                "live/stage/eu-west-1/eks",
                "stage/eu-west-1/eks",
                {"engine": "tofu", "depends_on": ["stage/eu-west-1/vpc"]},
            ),
            ("live/stage/eu-west-1/vpc", "stage/eu-west-1/vpc", {}),
        ],
    ),
    (
        "workspaces",
        WORKSPACES,
        [
            (
                ".",
                "infra/dev",
                {"terraform_workspace": "dev", "var_files": ["common.tfvars", "env/dev.tfvars"]},
            ),
            (
                ".",
                "infra/prod",
                {"terraform_workspace": "prod", "var_files": ["common.tfvars", "env/prod.tfvars"]},
            ),
        ],
    ),
    (
        "partial",
        PARTIAL,
        [
            (
                "app",
                "app/dev",
                {"var_files": ["envs/dev.tfvars"], "backend_config": {"bucket": "dev-states", "key": "app"}},
            ),
            (
                "app",
                "app/prod",
                {
                    "var_files": ["envs/prod.tfvars"],
                    "backend_config": {"bucket": "prod-states", "key": "app"},
                },
            ),
        ],
    ),
    (
        "services",
        SERVICES,
        [
            ("services/api/terraform", "services/api", {"depends_on": ["services/shop/infra/db"]}),
            ("services/shop/infra", "services/shop", {"engine": "tofu", "engine_version": "1.8.2"}),
            (
                "services/shop/infra/db",
                "services/shop/infra/db",
                {"engine": "tofu", "engine_version": "1.8.2"},
            ),
        ],
    ),
]
LEFT_OUT: list[tuple[str, Tree, dict[str, str]]] = [
    (
        "environments",
        ENVIRONMENTS,
        {
            "examples/simple": "below examples/",
            "modules/database": "below modules/",
            "modules/network": "below modules/",
            "tests/fixtures": "below tests/",
        },
    ),
    ("live", LIVE, {"live/legacy/app": "Terragrunt", "modules/eks": "below modules/"}),
    ("workspaces", WORKSPACES, {}),
    ("partial", PARTIAL, {}),
    (
        "services",
        SERVICES,
        {
            "libs/tf/queue": "neither a backend block nor a provider block",
            "tools/elsewhere": "a cloud block",
            "tools/unreadable": "main.tf cannot be read",
        },
    ),
]
ALL = [(name, tree) for name, tree, _ in STACKS]


def scanned(*words: str) -> dict[str, Any]:
    shown = CliRunner().invoke(main, ["init", "--scan", "-o", "json", *words])
    assert shown.exit_code == 0, shown.output
    page: dict[str, Any] = json.loads(shown.stdout)
    return page


def documents(folder: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((folder / "stack.yaml").read_text()))


@pytest.mark.parametrize(("tree", "expected"), [row[1:] for row in STACKS], ids=[row[0] for row in STACKS])
def test_the_root_modules_become_stacks(
    repository: Made, tree: Tree, expected: list[tuple[str, str, dict[str, Any]]]
) -> None:
    top = repository(tree)
    found = [(row["directory"], row["stack"]) for row in scanned()["stacks"]]
    assert found == [(directory, name) for directory, name, _ in expected]
    declared = {one["name"]: one for directory, _ in found for one in documents(top / directory)}
    assert declared == {name: {"name": name, **more} for _, name, more in expected}


@pytest.mark.parametrize(
    ("tree", "expected"), [row[1:] for row in LEFT_OUT], ids=[row[0] for row in LEFT_OUT]
)
def test_what_is_left_out_is_told_with_the_reason(
    repository: Made, tree: Tree, expected: dict[str, str]
) -> None:
    repository(tree)
    found = {row["directory"]: row["why"] for row in scanned("--diff")["left_out"]}
    assert found.keys() == expected.keys()
    assert {folder: why for folder, why in expected.items() if why not in found[folder]} == {}


@pytest.mark.parametrize("tree", [tree for _, tree in ALL], ids=[name for name, _ in ALL])
def test_what_is_written_is_valid_and_a_second_time_changes_nothing(
    repository: Made, driftline: Call, tree: Tree
) -> None:
    top = repository(tree)
    scanned()
    stacks = driftline("stack", "validate", "-c", "driftline.yaml")
    assert (stacks.exit_code, stacks.stdout) == (0, "")
    assert driftline("config", "validate", "driftline.yaml").exit_code == 0
    before = {path: path.read_bytes() for path in top.rglob("*") if path.is_file()}
    assert {row["state"] for row in scanned()["files"]} == {"same"}
    assert {path: path.read_bytes() for path in top.rglob("*") if path.is_file()} == before


def test_each_guess_is_a_comment_in_the_stack_file(repository: Made) -> None:
    top = repository(WORKSPACES)
    page = scanned()
    text = (top / "stack.yaml").read_text()
    for row in page["stacks"]:
        assert {guess["key"] for guess in row["guessed"]} == {"terraform_workspace", "var_files"}
        assert all(f"# guessed: {guess['because']}" in text for guess in row["guessed"])


def test_only_the_directory_that_was_named_is_looked_at(repository: Made) -> None:
    repository(LIVE)
    found = scanned("live/stage")["stacks"]
    assert {row["directory"] for row in found} == {"live/stage/eu-west-1/eks", "live/stage/eu-west-1/vpc"}


def test_local_states_beside_their_code_are_not_said_to_be_the_same(repository: Made) -> None:
    code = 'terraform {\n  backend "local" {}\n}\n'
    repository({"live/prod/main.tf": code, "live/stage/main.tf": code, "app/main.tf": SHARED})
    why = {row["directory"]: row["why"] for row in scanned("--diff")["left_out"]}
    assert "needs an absolute path" in why["live/prod"]
    assert "needs an absolute path" in why["live/stage"]


def test_a_state_that_another_stack_has_is_told_once_with_what_to_do(repository: Made) -> None:
    repository({"a/main.tf": SHARED, "b/main.tf": SHARED})
    page = scanned("--diff")
    (left,) = page["left_out"]
    assert "same state as the stack a; give it its own" in left["why"]
    assert page["notes"] == []
