"""The printed dashboard, held against what Grafana's classic dashboard model asks for, and its queries against Prometheus."""

import json
import re
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_metrics import BESIDE, needs_promtool

BOARD: dict[str, Any] = json.loads((BESIDE / "dashboard.json").read_text())
PANELS: list[dict[str, Any]] = BOARD["panels"]
TARGETS = [target for panel in PANELS for target in panel["targets"]]
VARIABLES: dict[str, dict[str, Any]] = {one["name"]: one for one in BOARD["templating"]["list"]}
# Of the first Grafana whose documents have every key that is used here (10.4). Newer ones move older schemas up.
SCHEMA = 39
COLUMNS = 24
BUILT_IN = {"stat", "timeseries", "table"}
UNITS = {"short", "s", "reqps"}


def test_an_import_replaces_the_dashboard_that_is_there() -> None:
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", BOARD["uid"])
    assert "id" not in BOARD  # the number of a row in one Grafana's database
    assert BOARD["title"]


def test_it_is_a_dashboard_of_the_schema_that_it_names() -> None:
    assert BOARD["schemaVersion"] == SCHEMA
    assert BOARD.keys() <= {
        *("title", "uid", "schemaVersion", "version", "editable", "refresh", "time", "timezone", "tags"),
        *("templating", "panels"),
    }
    assert BOARD["time"].keys() == {"from", "to"}
    assert {panel["type"] for panel in PANELS} <= BUILT_IN
    assert {panel["fieldConfig"]["defaults"]["unit"] for panel in PANELS} <= UNITS
    assert all(panel["fieldConfig"]["overrides"] == [] for panel in PANELS)


def test_it_works_with_any_data_source_of_prometheus() -> None:
    assert VARIABLES["datasource"]["type"] == "datasource"
    assert VARIABLES["datasource"]["query"] == "prometheus"
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert VARIABLES["instance"]["datasource"] == chosen
    assert all(one["datasource"] == chosen for one in (*PANELS, *TARGETS))
    # What an exported dashboard asks for at its import; provisioning from a file does not answer it.
    assert "__inputs" not in BOARD


def test_it_begins_with_all_installations() -> None:
    instance = VARIABLES["instance"]
    assert (instance["multi"], instance["includeAll"]) == (True, True)
    assert instance["current"] == {"text": ["All"], "value": ["$__all"]}


def test_every_variable_of_a_query_is_declared_and_every_query_obeys_the_chosen_instances() -> None:
    for target in TARGETS:
        named = set(re.findall(r"\$\{?(\w+)", target["expr"]))
        assert named <= VARIABLES.keys(), target["expr"]
        assert target["expr"].count("{instance=~") == len(re.findall(r"\bdriftline_\w+", target["expr"]))


def test_panels_have_names_of_their_own_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in PANELS}) == len({panel["title"] for panel in PANELS}) == len(PANELS)
    places = [panel["gridPos"] for panel in PANELS]
    assert all(place["x"] + place["w"] <= COLUMNS for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_the_targets_of_a_panel_have_letters_of_their_own() -> None:
    for panel in PANELS:
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters) >= 1


def checked_by_promtool(file: Path) -> str:
    command = ["promtool", "check", "rules", "--lint=all", "--lint-fatal", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@needs_promtool
def test_prometheus_can_read_every_query_of_the_dashboard(tmp_path: Path) -> None:
    rules = [
        {"record": f"query:{number}", "expr": target["expr"].replace("$instance", ".*")}
        for number, target in enumerate(TARGETS)
    ]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert checked_by_promtool(file) == ""


@needs_promtool
def test_prometheus_can_read_every_alert() -> None:
    assert checked_by_promtool(BESIDE / "alerts.yaml") == ""


@needs_promtool
def test_a_query_that_prometheus_cannot_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "a", "rules": [{"record": "a", "expr": "sum("}]}]}))
    assert "unclosed left parenthesis" in checked_by_promtool(file)


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_has_what_its_kind_asks_for(name: str) -> None:
    variable = VARIABLES[name]
    assert variable["label"]
    if variable["type"] == "query":
        assert variable["refresh"] in {1, 2}  # 0 would never ask
        assert re.fullmatch(r"label_values\(\w+, \w+\)", variable["query"]["query"])
        assert variable["definition"] == variable["query"]["query"]
