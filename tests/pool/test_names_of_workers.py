"""Two workers of one name are noticed, and a worker that is started again is none."""

import shutil
import signal
from dataclasses import replace

import pytest
from broker_world import worker_of
from pool_world import Pool, Worker
from redis_world import running

from runner.datadir.worker import instance_of, only_worker
from runner.doctor.pools import namesakes
from runner.errors import BadUsage, WorkerNamedTwice, WorkerRunning
from runner.model.values.codec import to_plain
from runner.model.work.protocol import Hello, Wanted
from runner.model.work.worker import KnownWorker
from runner.pool.client import WorkClient
from runner.pool.start import Listening

needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on PATH")


def hello(pool: Pool, instance: str, *, stops: bool = False) -> None:
    with WorkClient.of(pool.worker().settings) as client:
        client.hello(Hello("w-1", "eu", "1", 1, stops=stops, instance=instance))


def known(pool: Pool) -> KnownWorker:
    with pool.world.app.store.reading() as reader:
        found: list[KnownWorker] = reader.workers()
    return found[0]


def test_a_second_worker_of_a_name_is_refused_and_noted(pool: Pool) -> None:
    hello(pool, "aa")
    with pytest.raises(WorkerNamedTwice, match="w-1"):
        hello(pool, "bb")
    found, now = known(pool), pool.world.clock.now()
    assert (found.instance, found.had_namesake(now)) == ("aa", True)
    (finding,) = namesakes([found], now)
    assert "another worker named w-1 was refused" in finding.message


def test_the_first_one_goes_on_and_forgets_the_second_one_when_it_is_gone(pool: Pool) -> None:
    hello(pool, "aa")
    with pytest.raises(WorkerNamedTwice):
        hello(pool, "bb")
    hello(pool, "aa")
    assert known(pool).had_namesake(pool.world.clock.now())
    pool.pass_time(minutes=6)
    assert not known(pool).had_namesake(pool.world.clock.now())


def test_the_second_one_claims_nothing_either(pool: Pool) -> None:
    pool.stack()
    pool.offer()
    hello(pool, "aa")
    with WorkClient.of(pool.worker().settings) as client:
        with pytest.raises(WorkerNamedTwice):
            client.claim(1, Wanted(1, "w-1", "eu", "p", instance="bb"))
        assert client.claim(1, Wanted(1, "w-1", "eu", "q", instance="aa")).job.run == 1


@pytest.mark.parametrize("left", ["said goodbye", "was silent"])
def test_a_name_is_free_once_its_worker_has_left(pool: Pool, left: str) -> None:
    hello(pool, "aa", stops=left == "said goodbye")
    pool.pass_time(seconds=46)
    hello(pool, "bb")
    with pytest.raises(WorkerNamedTwice):
        hello(pool, "aa")  # cut off for so long, it is the second one


@pytest.mark.parametrize("instance", ["\x1b[2J", "x" * 33, "<b>"])
def test_an_instance_is_a_number(pool: Pool, instance: str) -> None:
    with WorkClient.of(pool.worker().settings) as client, pytest.raises(BadUsage, match="hexadecimal"):
        client._once("POST", "/hello", {"json": to_plain(Hello("w-1", "eu", "1", 1, instance=instance))})


def test_an_instance_is_that_of_a_data_directory_on_a_host(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pool.worker("w-1").data_dir, pool.worker("w-2").data_dir
    here = instance_of(one)
    assert here == instance_of(one) != instance_of(other)
    monkeypatch.setattr("runner.datadir.worker.boot_of_this_host", lambda: "a copy on another host")
    assert instance_of(one) != here


def test_two_workers_do_not_share_a_data_directory(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.datadir.daemon_lock.LOCK_SECONDS", 0.0)
    folder = pool.worker().data_dir
    with only_worker(folder), pytest.raises(WorkerRunning), only_worker(folder):
        pass


def test_a_host_that_was_set_up_again_waits_for_its_name(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    hello(pool, "aa")
    said: list[str] = []

    def time_passes(self: Listening, client: WorkClient) -> None:
        try:
            real(self, client)
        except WorkerNamedTwice as taken:
            said.append(taken.message)
            pool.pass_time(seconds=46)
            raise

    real = Listening.say_hello
    monkeypatch.setattr(Listening, "say_hello", time_passes)
    monkeypatch.setattr("runner.pool.start.ANSWER_SECONDS", 0.0)
    worker = pool.worker()
    with worker.process() as app, WorkClient.of(worker.settings) as client:
        Listening(app, worker.settings)._take_the_name(client)
    assert len(said) == 1
    assert known(pool).instance == instance_of(worker.data_dir)


@needs_redis
@pytest.mark.long
def test_of_two_real_workers_the_first_one_keeps_the_name_through_a_kill_and_a_restart(
    pool: Pool,
) -> None:
    first = pool.worker()
    second = Worker(pool, replace(first.settings), host="another-host")
    with running(pool.root) as redis, worker_of(pool, redis.url, first) as one:
        with worker_of(pool, redis.url, second, says="worker.named_twice"):
            assert known(pool).had_namesake(pool.world.clock.now())
            one.send_signal(signal.SIGKILL)
            one.wait()
            with worker_of(pool, redis.url, first):
                log = pool.root / "w-1.log"
                assert "worker.named_twice" not in log.read_text()
        assert known(pool).instance == instance_of(first.data_dir)
