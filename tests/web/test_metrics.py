"""`/metrics`: who may read it, what it counts, and what Prometheus makes of it."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from cli_world import World, applied, planned
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from web_world import Served, access, refused_reload

from runner.app import App
from runner.datadir.daemon_lock import only_daemon
from runner.model.run.life import Event, State
from runner.ports.records.runs import RunFilter
from runner.ports.records.totals import BOUNDS
from runner.store.migrations import STEPS
from runner.view.metrics import numbers
from runner.web.application import application

BESIDE = Path(__file__).parents[2] / "runner/cli/beside"
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)"
)


def local(app: App, **headers: str) -> TestClient:
    return TestClient(application(app), base_url="http://localhost", client=("127.0.0.1", 1), headers=headers)


def scrape(world: World, **headers: str) -> str:
    answer = local(world.app, **headers).get("/metrics")
    assert answer.status_code == 200, answer.text
    return answer.text


def values(text: str) -> dict[str, float]:
    """By name and labels, as they are written."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


# Who


def status(world: World, client: str, token: str | None = None, **headers: str) -> int:
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    web = TestClient(application(world.app), base_url="http://localhost", client=(client, 1), headers=headers)
    return web.get("/metrics").status_code


def test_on_this_host_it_needs_no_login(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("db", "migrate")
    assert status(world, "127.0.0.1") == 200
    assert status(world, "::1") == 200


def test_from_elsewhere_it_needs_a_viewer_of_all_stacks(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci", "viewer"))
    token = Served(world).token("ci")
    assert status(world, "192.0.2.7") == 401
    assert status(world, "192.0.2.7", token) == 200
    world.more = access("ci", "viewer", "dev/**")
    world.configured()
    assert status(world, "192.0.2.7", token) == 403


def test_behind_a_proxy_loopback_is_nobody(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("db", "migrate")
    assert status(world, "127.0.0.1", **{"X-Forwarded-For": "192.0.2.7"}) == 401
    world.more = "web: {public_url: https://drift.example.com}"
    world.configured()
    assert status(world, "127.0.0.1", host="drift.example.com") == 401


# What


def test_it_counts_stacks_and_runs(tmp_path: Path) -> None:
    found = values(scrape(planned(tmp_path)))
    assert found['driftline_stacks_by_sync{sync="unknown"}'] == 1
    assert found['driftline_open_runs{kind="change",state="awaiting_approval"}'] == 1
    assert found["driftline_approval_age_seconds"] >= 0
    assert found["driftline_daemon_up"] == 0


def test_ended_runs_are_counted_by_kind_and_result(tmp_path: Path) -> None:
    found = values(scrape(applied(tmp_path)))
    assert found['driftline_runs_total{kind="change",result="applied"}'] == 1
    assert found['driftline_execution_seconds_count{operation="plan"}'] == 1
    assert found['driftline_execution_seconds_count{operation="apply"}'] == 1


def test_retention_takes_nothing_from_a_counter(tmp_path: Path) -> None:
    world = applied(tmp_path)
    for _ in range(2):
        world.run("drift", "check", "app")
    with world.app.store.writing() as writer:
        assert writer.prune_runs(datetime.now(UTC) + timedelta(days=1))
    found = values(scrape(world))
    assert found['driftline_runs_total{kind="drift",result="no_changes"}'] == 2


def test_a_run_counts_once_with_the_first_end_that_it_had(tmp_path: Path) -> None:
    world = planned(tmp_path)
    with world.app.store.writing() as writer:
        run = writer.runs(RunFilter())[0]
        for event in (Event.APPROVE, Event.START_APPLY, Event.INTERRUPT, Event.RESOLVE_APPLIED):
            run = writer.transition(run, event, by="ana")
        assert run.state is State.APPLIED
    found = values(scrape(world))
    assert found['driftline_runs_total{kind="change",result="interrupted"}'] == 1
    assert found['driftline_runs_total{kind="change",result="applied"}'] == 0


def test_a_lock_is_told_by_its_stack_without_a_name(tmp_path: Path) -> None:
    world = planned(tmp_path)
    world.run("lock", "take", "app", "--reason", "moving")
    text = scrape(world)
    assert values(text)['driftline_stack_locked_since_timestamp_seconds{stack="app"}'] > 1e9
    assert "moving" not in text


def test_a_refused_reload_is_a_number_until_one_succeeds(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("db", "migrate")
    with only_daemon(world.app.settings.data_dir):
        refused = refused_reload(world)
        text = scrape(world)
        assert values(text)["driftline_reload_refused"] == 1
        assert "/etc/d.yaml" not in text
        with refused.noted(world.app.clock):
            pass
        assert values(scrape(world))["driftline_reload_refused"] == 0


def test_what_the_host_is_like_is_looked_at_before_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile no other thread could read."""
    app = planned(tmp_path).app
    in_snapshot: list[bool] = []

    def running(_: object) -> None:
        in_snapshot.append(app.store._connections.connection().in_transaction)

    monkeypatch.setattr("runner.datadir.daemon_lock.running_daemon", running)
    local(app).get("/metrics")
    assert in_snapshot == [False]


def test_many_who_scrape_at_once_have_it_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = planned(tmp_path).app
    now = app.clock.now()
    app.__dict__["clock"] = SimpleNamespace(now=lambda: now)
    counted = count()
    monkeypatch.setattr("runner.web.metrics.page.numbers", lambda *given: (next(counted), numbers(*given))[1])
    client = local(app)
    for _ in range(2):
        client.get("/metrics")
    assert next(counted) == 1


def test_requests_are_counted_by_their_route(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("db", "migrate")
    client = local(world.app)
    for path in ("/healthz", "/healthz", "/nowhere/secret-name", "/api/v1/stacks/prod/vpc"):
        client.get(path)
    text = client.get("/metrics").text
    found = values(text)
    assert found['driftline_web_requests_total{method="GET",route="/healthz",status="200"}'] == 2
    assert "secret-name" not in text
    assert "prod/vpc" not in text


def test_the_buckets_are_those_that_the_database_counts_by() -> None:
    (counted,) = re.findall(r"json_each\('(\[.*?\])'\)", dict(STEPS)["totals"])[:1]
    assert [1000 * bound for bound in BOUNDS] == json.loads(counted)


# What Prometheus makes of it


@needs_promtool
def test_promtool_has_nothing_to_say_about_the_names(tmp_path: Path) -> None:
    text = scrape(applied(tmp_path))
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def used(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:driftline_\w+|up)\b(?=\{|\[|\)| |$)", expression))


@pytest.fixture
def known(tmp_path: Path) -> set[str]:
    """Every name of a world in which everything has a number."""
    world = planned(tmp_path)
    world.run("lock", "take", "app", "--reason", "moving")
    client = local(world.app)
    client.get("/healthz")
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {"up"} | {
        f"{family.name}{ending}"
        for family in families
        for ending in {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(
            family.type, ("",)
        )
    }


def test_every_query_of_the_dashboard_asks_for_a_metric_that_there_is(known: set[str]) -> None:
    board = json.loads((BESIDE / "dashboard.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    queries = (one for one in board["templating"]["list"] if one["type"] == "query")
    asked += [one["query"]["query"].replace(", instance)", ")") for one in queries]
    assert len(asked) > 10
    for expression in asked:
        assert used(expression), expression
        assert used(expression) <= known, expression


def test_every_alert_asks_for_a_metric_that_there_is(known: set[str]) -> None:
    rules = yaml.safe_load((BESIDE / "alerts.yaml").read_text())["groups"][0]["rules"]
    for rule in rules:
        assert used(rule["expr"]) <= known, rule["alert"]
        assert used(rule["expr"]), rule["alert"]


# alert -> its series, samples after which it fires, and samples after which it does not; one each EVERY minutes.
EVERY = 4
ALERTS = {
    "DriftlineUnreachable": ('up{job="driftline"}', "0x3", "1x3"),
    "DriftlineDaemonDown": ("driftline_daemon_up", "0x3", "1x3"),
    "DriftlineReloadRefused": ("driftline_reload_refused", "1x3", "0x3"),
    "DriftlineSourceSilent": ('driftline_source_answered_timestamp_seconds{source="infra"}', "0x12", "0+240x12"),
    "DriftlineNotChecked": ('driftline_source_checked_timestamp_seconds{source="infra"}', "0x370", "0+240x370"),
    "DriftlineChecksFail": ('driftline_stacks_by_drift{drift="error"}', "2x20", "2x12 0x5"),
    "DriftlineDriftOpen": ('driftline_drift_open_since_timestamp_seconds{stack="app"}', "0x370", "0x350"),
    "DriftlineApprovalWaits": ("driftline_approval_age_seconds", "0+240x125", "0+240x110"),
    "DriftlineQueueStuck": ("driftline_queue_age_seconds", "0+240x20", "0+240x14"),
    "DriftlineApplyFailed": ('driftline_runs_total{kind="change",result="apply_failed"}', "3x2 4x2", "3x4"),
    "DriftlineApplyInterrupted": ('driftline_runs_total{kind="change",result="interrupted"}', "0x2 1x2", "1x4"),
    "DriftlinePlansFail": ('driftline_runs_total{kind="change",result="plan_failed"}', "0+1x14", "0x5 1x5"),
    "DriftlineStackLocked": ('driftline_stack_locked_since_timestamp_seconds{stack="app"}', "0x370", "0x350"),
    "DriftlinePoolStarved": ('driftline_pool_starved{pool="eu"}', "1x3", "1x1 0x2"),
    "DriftlineSilentApply": ('driftline_pool_silent_applies{pool="eu"}', "1x3", "0x3"),
    "DriftlineWorkerNamedTwice": ('driftline_pool_namesakes{pool="eu"}', "1x5", "1x3 0x2"),
    "DriftlineBrokerUnreachable": ("driftline_broker_unreachable", "1x3", "0x3"),
    "DriftlineDiskShortage": ("driftline_disk_shortage", "1x3", "0x3"),
    "DriftlineAwsEventsUnread": ('driftline_aws_event_queue_up{queue="q in 1/eu-west-1"}', "0x9", "1x9"),
    "DriftlineDeadLetters": ('driftline_dead_letters{consumer="mail"}', "1x3", "0x3"),
    "DriftlineNotificationFails": ('driftline_notification_failures_total{notification="ops"}', "0+1x14", "0x5 1x5"),
    "DriftlineWebFails": (
        'driftline_web_requests_total{method="GET",route="/",status="500",instance="a"}',
        "0+3x5",
        "0x3 1x3",
    ),
}  # fmt: skip


@needs_promtool
def test_every_alert_fires_when_it_should_and_not_otherwise(tmp_path: Path) -> None:
    rules = yaml.safe_load((BESIDE / "alerts.yaml").read_text())["groups"][0]["rules"]
    assert {rule["alert"] for rule in rules} == set(ALERTS)
    tests = [
        case
        for alert, (series, fires, quiet) in ALERTS.items()
        for case in (_case(alert, series, fires, "1"), _case(alert, series, quiet, "0"))
    ]
    document = {
        "rule_files": [str(BESIDE / "alerts.yaml")],
        "evaluation_interval": f"{EVERY}m",
        "tests": tests,
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(document))
    done = subprocess.run(
        ["promtool", "test", "rules", str(tmp_path / "test.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _case(alert: str, series: str, samples: str, firing: str) -> dict[str, Any]:
    """Whether it fires at the end of the samples."""
    steps = sum(int(part.rpartition("x")[2]) + 1 for part in samples.split()) - 1
    asked = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)'
    expected = {"expr": asked, "eval_time": f"{steps * EVERY}m", "exp_samples": [{"value": int(firing)}]}
    return {
        "name": f"{alert} {firing}",
        "interval": f"{EVERY}m",
        "input_series": [{"series": series, "values": samples}],
        "promql_expr_test": [expected],
    }


@pytest.mark.parametrize("name", ["alerts", "dashboard", "nginx"])
def test_the_files_are_printed_as_they_are(tmp_path: Path, name: str) -> None:
    (file,) = BESIDE.glob(f"{name}.*")
    assert World(tmp_path).run("service", name).stdout == file.read_text()
