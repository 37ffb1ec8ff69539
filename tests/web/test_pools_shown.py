"""What `status`, `run show` and `stack show` say of pools, and their pages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_world import World
from leased import CONFIG, POOLS, a_worker, applying
from page_world import Browser
from test_metrics import scrape, values
from web_world import access, pass_time

from runner.datadir.broker_problem import BrokerProblems
from runner.datadir.daemon_lock import only_daemon
from runner.model.work.offers import BrokerProblem
from runner.service.queue.enqueue import enqueue_due

AWAY = "Error 111 connecting to redis.example.com:6379"


def whys(world: World) -> list[str]:
    return [need["why"] for need in world.json("status")["needs"]]


def waiting(tmp_path: Path) -> World:
    """With a stack that chooses pool eu, and its first run in the queue."""
    world = World(tmp_path, more=CONFIG)
    text = world.config.read_text()
    world.config.write_text(text.replace('/repository"}', '/repository", allow: {pools: ["*"]}}'))
    world.stack("app", "pool: eu\n")
    world.run("source", "sync")
    app = world.app
    enqueue_due(app.store, app.clock, app.settings.promotion)
    return world


def empty(tmp_path: Path, config: str = CONFIG) -> World:
    world = World(tmp_path, more=config)
    assert world.app.store is not None  # there is a database
    return world


@contextmanager
def broker_away(world: World) -> Iterator[None]:
    """As the daemon finds it, which is this process."""
    data_dir = world.app.settings.data_dir
    with only_daemon(data_dir):
        BrokerProblems(data_dir).note(BrokerProblem(world.app.clock.now(), AWAY))
        yield


def test_a_run_shows_its_worker_the_pool_and_when_it_was_heard(tmp_path: Path) -> None:
    world = applying(tmp_path)
    when = r"(just now|\d+ s ago)"
    shown = world.run("run", "show", "run-1").stdout
    assert re.search(rf"w-1 of pool eu took it {when}, heard {when}", shown)
    lease = world.json("run", "show", "run-1")["lease"]
    assert (lease["worker"], lease["pool"], lease["silent"], lease["end"]) == ("w-1", "eu", False, None)
    assert "w-1 of pool eu took it" in Browser(world).get("/runs/run-1")


def test_a_silent_apply_is_said_with_the_way_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = applying(tmp_path)
    assert "silent" not in whys(world)
    pass_time(monkeypatch, hours=1)
    assert "silent" in whys(world)
    for shown in (world.run("status").stdout, world.run("run", "show", "run-1").stdout):
        assert "was last heard 1 h ago. Terraform may still be applying there" in shown
        assert "driftline worker list" in shown
        assert "driftline worker forget w-1" in shown
    page = Browser(world).get("/runs/run-1")
    assert "Terraform may still be applying there" in page
    assert "driftline worker forget w-1" in page


def test_a_silent_plan_needs_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = applying(tmp_path)
    with world.app.store.writing() as writer:
        writer._do("UPDATE runs SET state = 'planning'")  # type: ignore[attr-defined]
    pass_time(monkeypatch, hours=1)
    assert "silent" not in whys(world)


def test_a_pool_with_waiting_runs_and_no_worker_needs_somebody(tmp_path: Path) -> None:
    world = waiting(tmp_path)
    a_worker(world, seconds_ago=600)
    (need,) = [need for need in world.json("status")["needs"] if need["why"] == "pool"]
    assert need["text"].startswith("has no ready worker (1 silent); 1 run waits, the oldest since")
    assert "eu  no worker, 1 silent; 0 executing, 1 waiting" in world.run("status").stdout
    a_worker(world, "w-2")
    assert "pool" not in whys(world)
    assert "eu  1 worker, 1 silent; 0 executing, 1 waiting" in world.run("status").stdout


def test_a_pool_without_work_needs_nobody(tmp_path: Path) -> None:
    assert "pool" not in whys(empty(tmp_path))


def test_a_drained_pool_needs_nobody_and_says_who_drained_it(tmp_path: Path) -> None:
    world = waiting(tmp_path)
    world.run("pool", "drain", "eu", "-m", "new kernel")
    assert "pool" not in whys(world)
    assert "drained by" in world.run("status").stdout
    assert "new kernel" in world.run("status").stdout


def test_a_stack_that_executes_nowhere_needs_somebody_and_says_why(tmp_path: Path) -> None:
    world = World(tmp_path, more=CONFIG)
    world.stack("app", "pool: eu\n")
    world.run("source", "sync")
    (need,) = [need for need in world.json("status")["needs"] if need["why"] == "place"]
    assert "allow.pools of source" in need["text"]
    assert "executes    nowhere: allow.pools of source" in world.run("stack", "show", "app").stdout
    assert "nowhere: allow.pools of source" in Browser(world).get("/stacks/app")


def test_a_stack_shows_its_pool_and_what_chose_it(tmp_path: Path) -> None:
    world = waiting(tmp_path)
    assert (
        "executes    in pool eu, chosen by pool in its stack file" in world.run("stack", "show", "app").stdout
    )
    assert world.json("stack", "show", "app")["executes"]["pool"] == "eu"


def test_without_pools_nothing_is_said_of_them(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    world.stack("app")
    world.run("source", "sync")
    assert "executes" not in world.run("stack", "show", "app").stdout
    assert "Pools" not in world.run("status").stdout
    assert "Pools" not in Browser(world).get("/")


def test_a_broker_that_the_daemon_cannot_reach_is_seen_by_other_processes(tmp_path: Path) -> None:
    world = empty(tmp_path)
    with broker_away(world):
        assert "broker" in whys(world)
        assert AWAY in world.run("status").stdout
        browser = Browser(world)
        assert all(AWAY in browser.get(page) for page in ("/", "/inbox", "/pools"))
    assert "broker" not in whys(world)


def test_the_broker_is_no_business_of_those_who_see_a_part(tmp_path: Path) -> None:
    config = access("ci", "viewer", "team/*") + "\n" + POOLS
    world = empty(tmp_path, config)
    with broker_away(world):
        assert AWAY not in Browser(world).get("/")


def test_pools_are_numbers_for_monitoring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = applying(tmp_path)
    a_worker(world, "w-2", stops=True)
    before = values(scrape(world))
    assert before['driftline_pool_workers{pool="eu",status="ready"}'] == 1
    assert before['driftline_pool_workers{pool="eu",status="stopping"}'] == 1
    assert before['driftline_pool_leases{pool="eu"}'] == 1
    assert before['driftline_pool_silent_applies{pool="eu"}'] == 0
    pass_time(monkeypatch, hours=1)
    after = values(scrape(world))
    assert after['driftline_pool_workers{pool="eu",status="silent"}'] == 1
    assert after['driftline_pool_workers{pool="eu",status="stopped"}'] == 1
    assert after['driftline_pool_silent_applies{pool="eu"}'] == 1


def test_a_second_worker_of_a_name_is_shown_as_long_as_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = applying(tmp_path)
    assert values(scrape(world))['driftline_pool_namesakes{pool="eu"}'] == 0
    assert world.json("worker", "list")[0]["namesake"] is None
    with world.app.store.writing() as writer:
        writer.note_namesake("w-1")
    assert values(scrape(world))['driftline_pool_namesakes{pool="eu"}'] == 1
    assert world.json("worker", "list")[0]["namesake"] is not None
    assert "another worker named w-1 was refused" in world.run("worker", "list").stdout
    assert "another worker named w-1 was refused" in world.run("doctor", expect=None).stdout
    assert "another worker of this name was refused" in Browser(world).get("/pools")
    pass_time(monkeypatch, hours=1)
    assert values(scrape(world))['driftline_pool_namesakes{pool="eu"}'] == 0
    assert "another worker named" not in world.run("worker", "list").stdout


def test_a_pool_whose_runs_wait_for_a_worker_is_starved_until_it_is_drained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = waiting(tmp_path)
    pass_time(monkeypatch, hours=1)
    found = values(scrape(world))
    assert found['driftline_pool_waiting_runs{pool="eu"}'] == 1
    assert found['driftline_pool_waiting_age_seconds{pool="eu"}'] > 3500
    assert found['driftline_pool_starved{pool="eu"}'] == 1
    world.run("pool", "drain", "eu", "-m", "new kernel")
    found = values(scrape(world))
    assert (found['driftline_pool_starved{pool="eu"}'], found['driftline_pool_drained{pool="eu"}']) == (0, 1)


def test_a_broker_that_cannot_be_reached_is_a_number_without_its_address(tmp_path: Path) -> None:
    world = empty(tmp_path)
    with broker_away(world):
        text = scrape(world)
        assert values(text)["driftline_broker_unreachable"] == 1
        assert AWAY not in text
