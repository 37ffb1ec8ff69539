"""Promotions on the command line: what waits is said everywhere, and a person may go ahead with a reason."""

import signal
from pathlib import Path

import pytest
from cli_world import World, until
from click.shell_completion import ShellComplete

from runner.cli.main import main

PROMOTION = "promotion:\n  - {name: shop, order: [dev, stage, prod], wait: {soak: 1h}}\n"
MODULE = 'resource "terraform_data" "it" {{\n  input = "one"\n}}\n'


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The first of three stages is applied, an instant ago."""
    world = World(tmp_path_factory.mktemp("promotions"), more=PROMOTION)
    for name in ("dev", "stage", "prod"):
        world.stack(name, module=MODULE)
    world.applied("dev")
    return world


def test_promote_shows_each_stage_and_what_it_waits_for(world: World) -> None:
    page = world.json("promote", "shop")
    assert (page["name"], page["soak"], page["clean_check"], page["by"]) == ("shop", "1h", True, "revision")
    dev, stage, prod = page["stages"]
    assert (dev["sync"], dev["run"], dev["waits"]) == ("synced", "run-1", "")
    assert dev["since"]
    assert stage["waits"].startswith("waits for promotion shop: dev soaks until ")
    assert (stage["code"], stage["early"]) == ("promotion", True)
    assert "stage has not been applied yet (it waits for dev)" in prod["waits"]
    assert (prod["code"], prod["early"]) == ("promotion", False)
    shown = world.run("promote").stdout
    assert shown.startswith(
        "shop: each stage gets a revision after the one before has applied it, has soaked for 1h and was found clean"
    )
    assert world.json("promote") == [page]


def test_the_sentence_is_in_the_list_on_the_page_and_in_the_status(world: World) -> None:
    says = "waits for promotion shop: dev soaks until "
    (stage,) = [row for row in world.json("stack", "list") if row["name"] == "stage"]
    assert stage["reason"].startswith(says)
    assert stage["note"].startswith(says)
    page = world.json("stack", "show", "stage")
    assert page["change"]["code"] == "promotion"
    assert page["promotion"] == {"name": "shop", "after": "dev"}
    assert "shop, after dev" in world.run("stack", "show", "stage").stdout
    assert [one["stack"] for one in world.json("status")["promotions"]] == ["prod", "stage"]
    assert "Promotion   prod  waits for promotion shop: " in world.run("status").stdout


def test_planning_a_later_stage_is_refused_with_the_way_on(world: World) -> None:
    soaking = world.run("plan", "stage", expect=3).stderr
    assert 'stack "stage" waits for promotion shop: dev soaks until' in soaking
    assert "driftline promote shop --to stage -m REASON" in soaking
    unapplied = world.run("promote", "shop", "--to", "prod", "-m", "now", expect=3).stderr
    assert "driftline plan prod --straight -m REASON" in unapplied


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("plan", "stage", "--straight"), 64, "--straight needs a reason"),
        (("plan", "stage", "-m", "x"), 64, "-m is only for --straight"),
        (("promote", "shop", "--to", "stage"), 64, "driftline promote shop --to stage -m REASON"),
        (("promote", "-m", "x"), 64, "specify the promotion"),
        (("promote", "nothing"), 5, 'promotion "nothing" is not in the configuration'),
        (("promote", "shop", "--to", "other", "-m", "x"), 5, "promotion shop has no stage other"),
        (("promote", "shop", "--to", "dev", "-m", "x"), 3, "dev is the first stage"),
    ],
)
def test_what_is_asked_wrongly_is_said(world: World, words: tuple[str, ...], code: int, says: str) -> None:
    assert says in world.run(*words, expect=code).stderr


def test_the_shell_completes_promotions(world: World) -> None:
    complete = ShellComplete(main, {}, "driftline", "_DRIFTLINE_COMPLETE")
    found = complete.get_completions(["-c", str(world.config), "promote"], "s")
    assert [item.value for item in found] == ["shop"]


def test_the_graph_has_the_steps_of_a_promotion(world: World) -> None:
    edges = world.json("stack", "graph")["edges"]
    assert edges[0] == {
        "from": "stage",
        "to": "prod",
        "kind": "promotion",
        "promotion": "shop",
        "outputs": [],
        "cycle": False,
    }
    assert 'label="promotion shop", style=dashed' in world.run("stack", "graph", "-o", "dot").stdout
    assert '-.->|"promotion shop"|' in world.run("stack", "graph", "-o", "mermaid").stdout


def test_a_pass_plans_nothing_that_waits(world: World) -> None:
    assert world.json("daemon", "--once")["runs"] == []


def test_a_daemon_plans_nothing_that_waits(tmp_path: Path) -> None:
    """What is due is queued at once, so the first run is queued together with all others."""
    world = World(tmp_path, more=PROMOTION)
    for name in ("dev", "stage", "prod"):
        world.stack(name, module=MODULE)
    world.run("source", "sync")
    daemon = world.start("daemon")
    until(lambda: bool(world.json("run", "list")))
    daemon.signal(signal.SIGTERM)
    daemon.ends(0)
    assert {run["stack"] for run in world.json("run", "list")} == {"dev"}


def test_the_order_is_checked_by_the_stacks_that_are_known(world: World, tmp_path: Path) -> None:
    config = tmp_path / "driftline.yaml"
    text = world.config.read_text()
    config.write_text(text.replace("[dev, stage, prod]", "[dev, stag, prod]"))
    unsure = world.run("config", "validate", str(config)).stderr
    line = next(n for n, one in enumerate(text.splitlines(), 1) if "order:" in one)
    assert (
        f'{config}:{line}:31: promotion[0].order[1]: no such stack, got "stag" (did you mean "stage"?)'
        in unsure
    )


def test_an_order_against_depends_on_is_refused_with_its_place(tmp_path: Path) -> None:
    world = World(tmp_path, more=PROMOTION)
    for name in ("stage", "prod"):
        world.stack(name, module=MODULE)
    world.stack("dev", "depends_on: [prod]\n", module=MODULE)
    world.run("source", "sync")
    refused = world.run("config", "validate", expect=78)
    assert "promotion[0].order[1]: a cycle with depends_on: " in refused.stdout
    assert "a cycle: " in world.run("stack", "graph").stdout


def test_with_a_reason_the_next_stage_is_planned_early(world: World) -> None:
    (run,) = world.json("promote", "shop", "-m", "nobody buys at night")
    assert (run["stack"], run["state"]) == ("stage", "awaiting_approval")
    assert world.run("audit", "log").stdout.count("promotion.advance") == 1
    (run,) = world.json("plan", "prod", "--straight", "-m", "hotfix")
    assert run["state"] == "awaiting_approval"
    (entry,) = [one for one in world.json("audit", "log") if one["action"] == "promotion.straight"]
    assert (entry["subject"], entry["detail"]["reason"]) == ("prod", "hotfix")
    assert entry["detail"]["code"] == "never_applied"
    told = world.run("events", "--topic", "promotion.*").stdout
    assert "stage is planned early in promotion shop by " in told
    assert "prod is planned outside promotion shop by " in told
    assert ": hotfix" in told
