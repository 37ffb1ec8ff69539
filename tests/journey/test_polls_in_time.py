"""Dead remotes, a thousand pushes, a full disk: everything else goes on in time."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from remote.repository import Remote
from world import DATA, World, states
from wrapped import wrapped

from runner.daemon.polls import Polls
from runner.daemon.timetable import new_scheduler
from runner.errors import NoRoom
from runner.host.clock import SystemClock
from runner.model.run.life import State
from runner.model.schedule.decide import decide
from runner.model.schedule.polling import PollMeasures
from runner.model.settings.server import TerraformSettings
from runner.model.settings.source import SourceSettings
from runner.model.values.span import Seconds
from runner.service.cycle.dispatch import next_assignment
from runner.service.queue.enqueue import enqueue_due
from runner.service.queue.views import view
from runner.worker import Pool

DEADLINE = 20.0


@pytest.fixture
def black_holes() -> Iterator[list[SourceSettings]]:
    """Twelve remotes that take a connection and never answer."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(12)]
    try:
        yield [
            SourceSettings(f"dead-{number}", f"http://127.0.0.1:{silent.getsockname()[1]}/x", poll=Seconds(1))
            for number, silent in enumerate(sockets)
        ]
    finally:
        for silent in sockets:
            silent.close()


def test_twelve_remotes_that_never_answer_delay_no_other_source(
    plain: World, black_holes: list[SourceSettings]
) -> None:
    plain.stack(body=DATA)
    good = replace(plain.settings.sources[0], poll=Seconds(1))
    plain.configure(replace(plain.settings, sources=(*black_holes, good)))
    ended: Counter[str] = Counter()
    enough = threading.Event()

    def poll(source: SourceSettings) -> None:
        plain.app.poller.poll_if_due(source)
        ended[source.name] += 1
        if ended[good.name] == 3:
            enough.set()

    scheduler = new_scheduler()
    polls = Polls(scheduler, plain.app.store, SystemClock(), PollMeasures)
    polls.add(plain.settings.sources, poll)
    scheduler.start()
    try:
        assert enough.wait(DEADLINE), ended
        assert list(ended) == [good.name]
        assert plain.look().source == good.name
    finally:
        scheduler.shutdown(wait=False)


def test_a_source_that_fails_again_and_again_is_asked_less_often(
    plain: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = replace(plain.settings.sources[0], url=str(plain.root / "nowhere"))
    git, asked = plain.app.git, list[datetime]()
    usual = git.head

    def head(source: SourceSettings) -> str:
        asked.append(plain.clock.now())
        return usual(source)

    monkeypatch.setattr(git, "head", head)
    for _ in range(60):
        assert plain.app.poller.poll_if_due(source).problem
        plain.age(seconds=60)
    assert 5 <= len(asked) <= 9
    # A person who asks gets an answer at once.
    count = len(asked)
    plain.app.poller.poll(source)
    assert len(asked) == count + 1


def test_of_many_pushes_only_the_newest_commit_is_planned(plain: World) -> None:
    names = ("a", "b", "c")
    for push in range(40):
        for name in names:
            path = plain.repository / name
            path.mkdir(exist_ok=True)
            (path / "main.tf").write_text(DATA.format(value=f"push {push}"))
            (path / "stack.yaml").write_text(f"name: {name}\n")
        head = plain.commit_files({})
        plain.poll()
        enqueue_due(plain.app.store, plain.clock, ())
        with plain.app.store.reading() as reader:
            assert len(reader.open_runs()) == len(names)
    ended = plain.work()
    assert sorted(run.stack for run in ended) == sorted(names)
    assert {run.revision for run in ended} == {head}
    assert states(ended) == [State.AWAITING_APPROVAL] * len(names)


def test_hung_plans_of_one_source_keep_out_no_other(plain: World, tmp_path: Path) -> None:
    plain.stack("hung", body=DATA)
    other = Remote(tmp_path / "other")
    other.commit({"good/main.tf": DATA.format(value="one"), "good/stack.yaml": "name: good\n"})
    binary = wrapped(
        tmp_path / "terraform",
        'case "$PWD $1" in */hung\\ plan) exec sleep 1000 ;; esac\nexec terraform "$@"',
    )
    second = replace(other.source, name="second")
    engines = replace(plain.settings.engines, terraform=TerraformSettings(str(binary)))
    plain.configure(replace(plain.settings, sources=(*plain.settings.sources, second), engines=engines))
    plain.poll()
    enqueue_due(plain.app.store, plain.clock, ())
    pool = Pool(plain.app.worker, 1)
    try:
        assert pool.fill() == 1
        plain.app.poller.poll(second)
        enqueue_due(plain.app.store, plain.clock, ())
        # A slot that was taken a moment ago is about to be free again, as far as anybody knows.
        assert pool.fill() == 0
        plain.age(minutes=2)
        assert pool.fill() == 1
        assert pool.freed.wait(DEADLINE)
        (good,) = plain.runs(stack="good")
        assert good.state is State.AWAITING_APPROVAL
        assert [job.stack.name for job in pool.busy] == ["hung"]
    finally:
        pool.stop_plans()
        pool.close()


def test_a_full_disk_starts_nothing_new_and_is_reported(plain_applied: World) -> None:
    plain_applied.stack(body=DATA, value="two")
    plain_applied.poll()
    (queued,) = enqueue_due(plain_applied.app.store, plain_applied.clock, ())
    enough = plain_applied.settings.executor
    plain_applied.configure(replace(plain_applied.settings, executor=replace(enough, min_free="900TB")))
    shown = "new runs start when there are 900TB again"
    assert next_assignment(plain_applied.app.control) is None
    with pytest.raises(NoRoom, match=shown):
        plain_applied.app.worker.perform_one(queued.id)
    with plain_applied.app.store.reading() as reader:
        facts = view(reader, plain_applied.clock, "web", plain_applied.app.disk.shortage())
    assert shown in decide(facts).sentence
    # Nor is anything fetched; the source says why, and is not to blame.
    plain_applied.stack(body=DATA, value="three")
    assert shown in (plain_applied.poll().problem or "")
    assert shown in (plain_applied.poll().problem or "")
    with plain_applied.app.store.reading() as reader:
        assert reader.source("infra").failures == 1
    plain_applied.configure(replace(plain_applied.settings, executor=enough))
    assert plain_applied.poll().moved
    assert states(plain_applied.work()) == [State.AWAITING_APPROVAL]
