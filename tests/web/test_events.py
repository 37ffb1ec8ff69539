"""The event feed as server-sent events."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cli_world import World
from live import live
from web_world import Served, access

from runner.model.events.feed import LockMoved, StackLeft, StackRenamed
from runner.web.stream import events as stream
from runner.web.stream import places
from runner.web.stream.feed import Feed


@dataclass
class Told:
    id: str
    event: str
    data: Any


@dataclass(frozen=True)
class Following:
    lines: Iterator[str]

    def next(self) -> Told:
        found = {}
        for line in self.lines:
            name, _, value = line.partition(": ")
            if name:
                found[name] = value
            elif "data" in found:
                return Told(found.get("id", ""), found["event"], json.loads(found["data"]))
        raise EOFError


@dataclass(frozen=True)
class Site:
    served: Served
    address: str
    token: str

    @contextmanager
    def following(self, query: str = "", **headers: str) -> Iterator[Following]:
        told = {"Authorization": f"Bearer {self.token}", **headers}
        with (
            httpx2.Client(base_url=self.address, headers=told, timeout=10) as client,
            client.stream("GET", f"/api/v1/events{query}") as answer,
        ):
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            assert next(lines).startswith("id: ")
            yield Following(lines)

    def happen(self, *stacks: str) -> None:
        with self.served.world.app.store.writing() as writer:
            for stack in stacks:
                writer.emit("stack.missing", stack, StackLeft(stack))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    yield from _site(tmp_path, "**")


@pytest.fixture
def scoped(tmp_path: Path) -> Iterator[Site]:
    yield from _site(tmp_path, "dev/**")


def _site(tmp_path: Path, stacks: str) -> Iterator[Site]:
    served = Served(World(tmp_path, more=access("ci", "viewer", stacks)))
    token = served.token("ci")
    with live(served.world.app) as address:
        yield Site(served, address, token)


def test_an_event_comes_as_it_happens(site: Site) -> None:
    with site.following() as following:
        site.happen("app")
        told = following.next()
        assert (told.event, told.data["subject"]) == ("stack.missing", "app")
        assert told.data["id"] == int(told.id)


def test_who_follows_keeps_no_writer_waiting_and_lets_no_wal_grow(site: Site) -> None:
    path = site.served.world.root / "data/driftline.db"
    with site.following() as following, closing(sqlite3.connect(path, isolation_level=None)) as alone:
        site.happen("app")
        following.next()
        assert alone.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0] == 0
        alone.execute("BEGIN EXCLUSIVE")


def test_a_client_goes_on_where_it_left_off(site: Site) -> None:
    with site.following() as following:
        site.happen("a")
        last = following.next().id
    site.happen("b", "c")
    with site.following(**{"Last-Event-ID": last}) as following:
        site.happen("d")
        assert [following.next().data["subject"] for _ in range(3)] == ["b", "c", "d"]


def test_a_page_begins_behind_the_event_at_which_it_was_drawn(site: Site) -> None:
    site.happen("a")
    with site.served.world.app.store.reading() as reader:
        drawn = reader.events_head()
    site.happen("b")
    with site.following(f"?after={drawn}") as following:
        assert following.next().data["subject"] == "b"


def test_once_it_has_got_an_event_it_goes_on_behind_that_one(site: Site) -> None:
    with site.following("?after=0") as following:
        site.happen("a")
        last = following.next().id
    site.happen("b")
    with site.following("?after=0", **{"Last-Event-ID": last}) as following:
        assert following.next().data["subject"] == "b"


def test_events_of_other_topics_and_stacks_do_not_come(site: Site) -> None:
    with site.following("?topic=stack.*&stack=app") as following:
        site.happen("other")
        with site.served.world.app.store.writing() as writer:
            writer.emit("lock.take", "app", LockMoved("app", "ana", "ana", ""))
        site.happen("app")
        assert following.next().data["subject"] == "app"


def test_who_may_not_see_a_stack_gets_none_of_its_events(scoped: Site) -> None:
    with scoped.following() as following:
        scoped.happen("prod/vpc", "dev/vpc")
        assert following.next().data["subject"] == "dev/vpc"


def test_a_stack_that_was_renamed_is_not_told_to_who_may_not_see_its_former_name(scoped: Site) -> None:
    with scoped.following() as following:
        with scoped.served.world.app.store.writing() as writer:
            writer.emit("stack.rename", "dev/vpc", StackRenamed("dev/vpc", "prod/vpc", "ana"))
        scoped.happen("dev/vpc")
        assert following.next().event == "stack.missing"


def test_a_reason_does_not_name_a_stack_that_one_may_not_see(scoped: Site) -> None:
    scoped.served.world.stack("prod/vpc")
    scoped.served.world.run("source", "sync")
    with scoped.following() as following:
        with scoped.served.world.app.store.writing() as writer:
            writer.emit("lock.take", "dev/vpc", LockMoved("dev/vpc", "ana", "ana", "prod/vpc is moved"))
        told = following.next().data
    assert told["payload"]["reason"] == "another stack is moved"
    assert "prod/vpc" not in str(told)


def test_what_is_no_longer_kept_is_told(site: Site) -> None:
    site.happen("a", "b", "c")
    with site.served.world.app.store.writing() as writer:
        writer._do("DELETE FROM outbox WHERE subject <> 'c'")  # type: ignore[attr-defined]
    with site.following(**{"Last-Event-ID": "0"}) as following:
        gap = following.next()
        assert (gap.event, gap.data["after"]) == ("gap", 0)
        assert following.next().data["subject"] == "c"


def test_a_client_of_an_older_database_is_told_to_begin_again(site: Site) -> None:
    with site.following(**{"Last-Event-ID": "1000"}) as following:
        assert following.next().event == "gap"
        site.happen("a")
        assert following.next().data["subject"] == "a"


def test_a_revoked_token_ends_the_stream(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    with site.following() as following:
        site.served.world.run("token", "revoke", "ci")
        with pytest.raises(EOFError):
            following.next()


@pytest.mark.parametrize(
    ("query", "last", "code"),
    [
        ("?topic=nothing", "", "BadUsage"),
        ("?after=x", "", "InvalidRequest"),
        ("?after=-1", "1", "InvalidRequest"),
        ("", "x", "InvalidRequest"),
        ("", "-1", "InvalidRequest"),
        ("", "9" * 30, "InvalidRequest"),
    ],
)
def test_what_cannot_be_followed_is_refused(site: Site, query: str, last: str, code: str) -> None:
    headers = {"Authorization": f"Bearer {site.token}", "Last-Event-ID": last}
    answer = httpx2.get(f"{site.address}/api/v1/events{query}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_many_who_ask_at_once_get_no_more_streams_than_one_may_have(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST_OF_ONE", 1)
    let_in, both, head = iter(range(2)), threading.Barrier(2, timeout=10), Feed.head

    def head_of(feed: Feed) -> int:
        if next(let_in, None) is not None:
            both.wait()  # neither of them streams yet
        return head(feed)

    monkeypatch.setattr(Feed, "head", head_of)
    told = {"Authorization": f"Bearer {site.token}"}
    with httpx2.Client(base_url=site.address, headers=told, timeout=10) as client, ExitStack() as open_ones:

        def status(_: int) -> int:
            return open_ones.enter_context(client.stream("GET", "/api/v1/events")).status_code

        with ThreadPoolExecutor() as threads:
            assert sorted(threads.map(status, range(2))) == [200, 429]


def test_idle_clients_have_no_thread_each(site: Site) -> None:
    with ExitStack() as opened:
        following = [opened.enter_context(site.following()) for _ in range(8)]
        before = threading.active_count()
        following += [opened.enter_context(site.following()) for _ in range(16)]
        assert threading.active_count() <= before + 5  # as requests at the same time need
        site.happen("app")
        assert {one.next().data["subject"] for one in following} == {"app"}
