"""`doctor` on a worker, against a real server."""

from dataclasses import replace

from pool_world import Pool

from runner.app import App
from runner.datadir.worker import instance_of, worker_name
from runner.doctor.finding import Scene
from runner.doctor.worker import worker as look
from runner.model.settings.pools import WorkerSettings
from runner.model.settings.server import Settings
from runner.model.work.protocol import Hello
from runner.pool.client import WorkClient
from runner.view.finding import Finding, State


def findings(pool: Pool, **changed: str) -> list[Finding]:
    settings: WorkerSettings = replace(pool.worker().settings, **changed)
    return list(look(Scene(App(Settings(pool.root / "worker", worker=settings), pool.world.config))))


def test_a_worker_that_would_be_welcome_is_told_so_and_not_noted_as_one_that_is_there(pool: Pool) -> None:
    welcome, clock = findings(pool)
    assert (welcome.check, welcome.state) == ("worker", State.OK)
    assert "accepts its token for pool eu" in welcome.message
    assert (clock.check, clock.state) == ("clock", State.OK)
    with pool.world.app.store.reading() as reader:
        assert reader.workers() == []


def test_a_refused_token_is_told_without_it(pool: Pool) -> None:
    (found,) = findings(pool, token="drift_" + "x" * 43)
    assert found.state is State.FAIL
    assert "xxxx" not in found.message + found.hint


def test_a_server_that_does_not_answer_is_told_with_its_address(pool: Pool) -> None:
    (found,) = findings(pool, server="http://127.0.0.1:1")
    assert found.state is State.FAIL
    assert "http://127.0.0.1:1 cannot be reached" in found.message


def test_something_else_that_answers_is_no_server(pool: Pool) -> None:
    (found,) = findings(pool, server=f"{pool.url}/static")
    assert found.state is State.FAIL


def test_a_name_that_another_worker_has_is_told_and_not_noted(pool: Pool) -> None:
    with WorkClient.of(pool.worker().settings) as client:
        client.hello(Hello(worker_name(pool.worker().settings), "eu", "1", 1, instance="aa"))
    (found,) = findings(pool)
    assert (found.check, found.state) == ("worker", State.FAIL)
    assert "another worker is named w-1" in found.message
    assert "worker.name" in found.hint
    with pool.world.app.store.reading() as reader:
        assert [one.namesake for one in reader.workers()] == [None]


def test_a_worker_that_is_there_itself_is_no_namesake(pool: Pool) -> None:
    settings = pool.worker().settings
    with WorkClient.of(settings) as client:
        client.hello(Hello(worker_name(settings), "eu", "1", 1, instance=instance_of(pool.root / "worker")))
    assert [one.state for one in findings(pool)] == [State.OK, State.OK]
