"""Each cell of the table of engines, by what engines were recorded to say, or by the one on PATH."""

import inspect
import json
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from engine_world import World, needs_terraform, terraform
from recorded.recording import Recording, recordings

from runner.engine.environment import child_environment
from runner.engine.modules.definitions import definitions_of, values_file
from runner.model.code.engines import ENGINES, EngineRow
from runner.model.constant.budget import Budget
from runner.model.constant.given import Given
from runner.model.constant.scope import Rules, Scope
from runner.model.engine.constraint import parse
from runner.model.engine.version_file import said_in

EVERY = recordings("create")
# Providers that the engine itself is.
BUILT_IN = "terraform.io/builtin/terraform"


def row_of(one: Recording) -> EngineRow:
    return ENGINES[one.engine]


def numbers(one: Recording) -> tuple[int, ...]:
    return parse(one.version)[0]


def since(one: Recording, version: tuple[int, ...] | None) -> bool:
    return version is not None and numbers(one) >= version


def test_no_cell_is_without_a_test() -> None:
    named = [name for name, _ in inspect.getmembers(sys.modules[__name__], inspect.isfunction)]
    assert [
        field.name
        for field in fields(EngineRow)
        if not any(name.startswith(f"test_{field.name}_") for name in named)
    ] == []


def test_name_is_that_of_its_row() -> None:
    assert {row.name: row for row in ENGINES.values()} == ENGINES
    assert {one.engine for one in EVERY} == ENGINES.keys()


@pytest.mark.parametrize("one", EVERY, ids=str)
def test_product_is_what_it_calls_itself(one: Recording) -> None:
    assert one.messages("plan")[0]["@message"] == f"{row_of(one).product} {one.version}"


@pytest.mark.parametrize("one", EVERY, ids=str)
def test_version_key_names_its_version_in_the_stream(one: Recording) -> None:
    first = one.messages("plan")[0]
    others = {row.version_key for row in ENGINES.values()} - {row_of(one).version_key}
    assert (first["type"], first[row_of(one).version_key]) == ("version", one.version)
    assert not others & first.keys()


@pytest.mark.parametrize("one", EVERY, ids=str)
def test_oldest_is_older_than_what_was_recorded(one: Recording) -> None:
    assert since(one, row_of(one).oldest)


@pytest.mark.parametrize("one", recordings("changed-outside"), ids=str)
def test_registry_is_where_a_short_address_points(one: Recording) -> None:
    document = json.loads(one.document or b"")
    used = {change["provider_name"] for change in document["resource_changes"]} - {BUILT_IN}
    assert 'source = "hashicorp/local"' in one.code["main.tf"]
    assert used == {f"{row_of(one).registry}/hashicorp/local"}


@pytest.mark.parametrize(("engine", "version"), [("terraform", "1.9.8"), ("tofu", "1.10.6")])
def test_tool_is_its_name_in_tool_versions(engine: str, version: str) -> None:
    tools = b"terraform 1.9.8\nopentofu 1.10.6\n"
    assert said_in(".tool-versions", tools, ENGINES[engine]) == version


def test_version_file_is_named_after_the_product() -> None:
    for row in ENGINES.values():
        assert row.version_file == f".{row.product.lower()}-version"


@pytest.mark.parametrize("one", recordings("tofu-file-shadows-tf"), ids=str)
def test_suffixes_of_tofu_hide_those_of_terraform(one: Recording) -> None:
    assert set(one.code) == {"main.tf", "main.tofu"}
    assert b"from-tofu" in (one.document or b"")
    assert b"from-tf" not in (one.document or b"")
    assert {".tf", ".tofu"} <= set(row_of(one).suffixes)


@needs_terraform
def test_suffixes_of_terraform_are_read_and_no_others(tmp_path: Path) -> None:
    for suffix in sorted({suffix for row in ENGINES.values() for suffix in row.suffixes}):
        output = suffix.replace(".", "_")
        native = f'output "{output}" {{\n  value = 1\n}}\n'
        text = json.dumps({"output": {output: {"value": 1}}}) if suffix.endswith(".json") else native
        (tmp_path / f"f{suffix}").write_text(text)
    assert terraform("plan", "-out=p", "-input=false", cwd=tmp_path).returncode == 0
    shown = json.loads(terraform("show", "-json", "p", cwd=tmp_path).stdout)
    read = {suffix.replace(".", "_") for suffix in ENGINES["terraform"].suffixes}
    assert shown["planned_values"]["outputs"].keys() == read


@pytest.mark.parametrize("one", EVERY, ids=str)
def test_init_json_since_this_version(one: Recording) -> None:
    assert bool(one.messages("init")) == since(one, row_of(one).init_json_since)


def judged(one: Recording, text: str) -> str:
    """What Driftline evaluates in its code, with the values of its var file."""
    code = {name: content.encode() for name, content in one.code.items() if name.endswith(".tf")}
    [values] = [name for name in one.code if name.endswith(".tfvars")]
    definitions = definitions_of({name: content for name, content in code.items() if "/" not in name})
    rules = Rules(row_of(one).constant_only, None)
    given = Given(files=(values_file(values, one.code[values].encode()),))
    found = Scope(lambda: definitions, rules, Budget(), given).value(
        definitions.calls["m"].source if text == "source" else definitions.backend[text]
    )
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize("one", recordings("computed-module-source"), ids=str)
def test_sources_since_this_version_are_what_driftline_evaluates(one: Recording) -> None:
    assert since(one, row_of(one).sources_since)
    [used] = [
        module for module in json.loads(one.sections["modules.json"])["Modules"] if module["Key"] == "m"
    ]
    assert judged(one, "source") == used["Source"]


@pytest.mark.parametrize("one", recordings("computed-module-source-without-its-variable"), ids=str)
def test_sources_since_then_need_their_variables(one: Recording) -> None:
    assert one.exit_code("init") == 1
    assert any("which" in json.dumps(message) for message in one.messages("init"))


def test_backends_since_this_version_are_evaluated() -> None:
    known = recordings("computed-backend")
    assert known
    assert all(since(one, row_of(one).backends_since) and one.exit_code("init") == 0 for one in known)
    assert {judged(one, "path") for one in known} == {"prod.tfstate"}
    assert ENGINES["terraform"].backends_since is None


@pytest.mark.parametrize("one", recordings("computed-module-source"), ids=str)
def test_constant_only_is_how_it_was_recorded(one: Recording) -> None:
    assert ("const = true" in one.code["main.tf"]) == row_of(one).constant_only


@pytest.mark.parametrize("row", ENGINES.values(), ids=lambda row: row.name)
def test_knows_workspace_is_what_may_stand_in_a_source(row: EngineRow) -> None:
    """Terraform refuses it, as its own tests show: the backend is not configured yet."""
    assert row.knows_workspace == (row.backends_since is not None)


@pytest.mark.parametrize("one", recordings("computed-module-source"), ids=str)
def test_asks_for_values_to_show_a_plan_where_it_fails_without(one: Recording) -> None:
    assert ("show" in row_of(one).asks_for_values) == (one.exit_code("show-without-variables") == 1)


def test_apply_variables_since_there_are_ephemeral_ones() -> None:
    known = {(one.engine, one.version) for one in recordings("ephemeral-variable")}
    assert known == {
        (one.engine, one.version) for one in EVERY if since(one, row_of(one).apply_variables_since)
    }


@needs_terraform
def test_encrypts_is_not_true_of_terraform(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("terraform {\n  encryption {}\n}\n")
    refused = terraform("init", "-input=false", cwd=tmp_path)
    assert 'Blocks of type "encryption" are not expected here' in refused.stdout + refused.stderr
    assert not ENGINES["terraform"].encrypts


@pytest.mark.parametrize("one", recordings("required-version"), ids=str)
def test_own_requirements_since_this_version(one: Recording) -> None:
    """It says `required_version = "< 1.0"` in main.tf."""
    assert (one.exit_code("init") == 0) == since(one, row_of(one).own_requirements_since)


@pytest.mark.parametrize("one", recordings("required-version-tofu"), ids=str)
def test_own_suffixes_are_those_in_which_it_counts(one: Recording) -> None:
    [name] = one.code
    assert one.exit_code("init") == 1
    assert name.endswith(row_of(one).own_suffixes)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_env_is_what_every_command_gets(world: World, engine: str) -> None:
    row = ENGINES[engine]
    given = child_environment(
        row,
        world.stack,
        world.execution().workspace,
        cli_config=Path("/cli.rc"),
        base={},
        contexts={},
        credentials={},
    )
    assert row.env.items() <= given.items()
