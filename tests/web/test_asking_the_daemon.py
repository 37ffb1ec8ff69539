"""What a process that may use neither remotes nor terraform has done by the daemon."""

import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from asked_daemon import AskedDaemon
from cli_world import World, until
from fastapi import Request
from live import live
from web_world import BO, Served, access, logged_in

from runner.api import asking
from runner.api.asking import ask
from runner.api.caller import Caller
from runner.api.daemon_process import DaemonProcess
from runner.api.requests import follow_request
from runner.api.sources import sync_sources
from runner.api.tokens import create_token, revoke_token
from runner.app import App
from runner.daemon.requests import Performer
from runner.errors import (
    DaemonOverloaded,
    DaemonUnreachable,
    DriftlineError,
    NotFound,
    NotLoggedIn,
    RequestExpired,
    RequestLost,
    RequestPending,
    RequestWithdrawn,
    RoleMissing,
)
from runner.model.access.access import Access, Binding
from runner.model.access.session import Session
from runner.model.access.token import digest_of
from runner.model.approval.approval import Person
from runner.model.execution.daemon_request import (
    BEGUN_WITHIN,
    KEPT_FOR,
    MOST_OPEN,
    MOST_OPEN_OF_ONE,
    AfterCrash,
    DaemonRequest,
    NewRequest,
)
from runner.view.refusal import raised_again
from runner.web.application import application
from runner.web.identity import caller as identity
from runner.web.identity.caller import caller_of

ANA = Person("ana@example.com", "oidc", ("oidc:user:ana@example.com", "oidc:sub:00u1"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.stack("app")
    return world


@pytest.fixture
def app(world: World) -> App:
    return world.app


def caller(app: App, daemon: AskedDaemon, person: Person = ANA) -> Caller:
    return Caller(app, lambda: person, daemon=daemon.process())


def asked(app: App, number: int = 1) -> DaemonRequest:
    with app.store.reading() as reader:
        return reader.daemon_request(number)


CI = ("token:ci",)


def performed_late(app: App, meanwhile: Callable[[], object] = lambda: None) -> DaemonRequest:
    """What the token `ci` asked for, performed after something else has happened."""
    create_token(Caller(app, lambda: ANA), name="ci")
    new = NewRequest("sync_sources", {}, Person("ci", "token"), CI)
    with app.store.writing() as writer:
        number = writer.add_request(new)
    meanwhile()
    AskedDaemon().look(app)
    return asked(app, number)


def asked_by_login(app: App, meanwhile: Callable[[], object] = lambda: None) -> DaemonRequest:
    """What somebody asked for by a login, performed after something else has happened."""
    secret, now = "login_a", app.clock.now()
    with app.store.writing() as writer:
        session = Session(digest_of(secret), BO, now, now + timedelta(hours=12), now)
        writer.add_session(session, address="127.0.0.1")
        person = Person(BO.name, BO.known_by)
        new = NewRequest("sync_sources", {}, person, BO.subjects, session=session.digest)
        number = writer.add_request(new)
    meanwhile()
    AskedDaemon().look(app)
    return asked(app, number)


def open_requests(app: App) -> int:
    with app.store.reading() as reader:
        return len(reader.open_requests())


def refusal(request: DaemonRequest) -> DriftlineError:
    assert request.error is not None
    return raised_again(request.error)


def request_of_a_dead_daemon(app: App, after_crash: AfterCrash) -> list[DaemonRequest]:
    """Taken and never answered; what a second daemon performs of it."""
    dying, performed = AskedDaemon(held=True), list[DaemonRequest]()
    does = Performer(lambda _: after_crash, performed.append)
    ask_without_waiting(app)
    dying.requests(app, does).look()
    assert performed == []
    AskedDaemon().requests(app, does).look()
    return performed


def ask_without_waiting(app: App, person: Person = ANA) -> None:
    def die(_app: App) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(
            caller(app, AskedDaemon(), person),
            replace(AskedDaemon().process(), pause=die),
            "sync_sources",
            {},
        )


def test_the_daemon_does_it_in_the_name_of_who_asked(app: App) -> None:
    (row,) = sync_sources(caller(app, AskedDaemon()))
    assert (row.source, row.moved, row.stacks) == ("infra", True, 1)
    assert asked(app).person == ANA


def test_an_error_of_the_operation_is_the_same_error_for_who_asked(app: App) -> None:
    with pytest.raises(NotFound, match='source "infrs"') as error:
        sync_sources(caller(app, AskedDaemon()), source="infrs")
    assert error.value.hint == 'did you mean "infra"?'


def test_without_a_daemon_nothing_is_left_behind_for_a_later_one(app: App) -> None:
    with pytest.raises(DaemonUnreachable):
        sync_sources(caller(app, AskedDaemon(alive=False)))
    with app.store.reading() as reader:
        assert reader.open_requests() == []


def test_a_daemon_that_dies_meanwhile_ends_the_wait(app: App) -> None:
    daemon = AskedDaemon()

    def die(_app: App) -> None:
        daemon.alive = False

    with pytest.raises(DaemonUnreachable):
        ask(caller(app, daemon), replace(daemon.process(), pause=die), "sync_sources", {})


def test_the_last_answer_of_a_daemon_that_ends_counts(app: App) -> None:
    daemon = AskedDaemon()

    def answer_and_die(of: App) -> None:
        daemon.look(of)
        daemon.alive = False

    assert ask(caller(app, daemon), replace(daemon.process(), pause=answer_and_die), "sync_sources", {})


def test_what_nobody_takes_any_more_is_withdrawn(app: App) -> None:
    daemon = AskedDaemon()

    def end(_app: App) -> None:
        daemon.alive = False

    with pytest.raises(DaemonUnreachable):
        ask(caller(app, daemon), replace(daemon.process(), pause=end), "sync_sources", {})
    AskedDaemon().look(app)
    assert isinstance(refusal(asked(app)), RequestWithdrawn)
    assert asked(app).taken_at is None


def test_a_daemon_that_stops_still_answers_what_it_has_begun(app: App) -> None:
    stopping = AskedDaemon(held=True)

    def stop(of: App) -> None:
        if stopping.begun:
            stopping.begun.pop()()
        else:
            stopping.look(of)

    process = replace(stopping.process(), takes=lambda _: not stopping.begun, pause=stop)
    assert ask(caller(app, stopping), process, "sync_sources", {})


def test_whoever_hangs_up_has_nothing_done_that_was_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = World(tmp_path, more=access("ci")).app
    token = create_token(Caller(app, lambda: ANA), name="ci").secret
    busy = replace(AskedDaemon().process(), pause=DaemonProcess().pause)
    monkeypatch.setattr(asking, "WAIT_SECONDS", 0.5)
    monkeypatch.setattr(identity, "DaemonProcess", lambda: busy)
    request = f"POST /api/v1/syncs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    body = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    with live(app) as address, socket.create_connection(("127.0.0.1", urlsplit(address).port or 0)) as client:
        client.sendall((request + body).encode())
        until(lambda: open_requests(app) == 1)
        client.close()
        until(lambda: open_requests(app) == 0)
    assert isinstance(refusal(asked(app)), RequestWithdrawn)


def test_whoever_stays_keeps_a_request_open(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "WAIT_SECONDS", 0.0)
    with pytest.raises(RequestPending):
        sync_sources(caller(app, AskedDaemon()))
    assert asked(app).answered_at is None


def test_what_takes_long_is_followed_later(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "WAIT_SECONDS", 0.0)
    daemon = AskedDaemon()
    with pytest.raises(RequestPending) as pending:
        sync_sources(caller(app, daemon))
    daemon.look(app)
    assert follow_request(caller(app, daemon), pending.value.facts["request"])[0]["source"] == "infra"


def test_an_answer_is_for_who_asked_and_for_admins(app: App) -> None:
    daemon = AskedDaemon()
    sync_sources(caller(app, daemon))
    limited = Access((Binding("owner", ()),))
    with pytest.raises(NotFound):
        follow_request(replace(caller(app, daemon, Person("bo", "token")), access=limited), 1)
    assert follow_request(replace(caller(app, daemon), access=limited), 1)
    assert follow_request(caller(app, daemon, Person("bo", "token")), 1)


def test_what_may_be_repeated_is_done_again_after_a_crash(app: App) -> None:
    (again,) = request_of_a_dead_daemon(app, AfterCrash.REPEAT)
    assert again.taken_at is not None
    assert asked(app).answered_at is not None


def test_what_may_not_be_repeated_is_answered_as_lost(app: App) -> None:
    assert request_of_a_dead_daemon(app, AfterCrash.LOSE) == []
    error = asked(app).error
    assert error is not None
    assert isinstance(raised_again(error), RequestLost)


def test_one_request_is_performed_once_however_often_the_daemon_looks(app: App) -> None:
    daemon, performed = AskedDaemon(held=True), list[DaemonRequest]()
    ask_without_waiting(app)
    looking = daemon.requests(app, Performer(lambda _: AfterCrash.REPEAT, performed.append))
    looking.look()
    looking.look()
    for work in daemon.begun:
        work()
    looking.look()
    assert len(performed) == 1


def test_a_daemon_that_starts_much_later_does_nothing_that_was_forgotten(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_without_waiting(app)
    late = app.clock.now() + BEGUN_WITHIN + timedelta(seconds=1)
    monkeypatch.setattr(type(app.clock), "now", lambda _: late)
    performed: list[Any] = []
    AskedDaemon().requests(app, Performer(lambda _: AfterCrash.REPEAT, performed.append)).look()
    assert performed == []
    error = asked(app).error
    assert error is not None
    assert isinstance(raised_again(error), RequestExpired)


def test_a_bug_is_told_to_who_waits(app: App) -> None:
    def fail(_request: DaemonRequest) -> None:
        raise ZeroDivisionError("no")

    ask_without_waiting(app)
    AskedDaemon().requests(app, Performer(lambda _: AfterCrash.REPEAT, fail)).look()
    assert "ZeroDivisionError" in (asked(app).error or {})["detail"]


def test_only_operations_that_are_meant_for_the_daemon_are_performed(app: App) -> None:
    with app.store.writing() as writer:
        writer.add_request(NewRequest("create_token", {"name": "mine"}, ANA, on_host=True))
    AskedDaemon().look(app)
    assert "cannot do create_token" in (asked(app).error or {})["detail"]
    with app.store.reading() as reader:
        assert reader.tokens() == []


def test_a_token_with_the_role_has_it_done(tmp_path: Path) -> None:
    app = World(tmp_path, more=access("ci")).app
    assert performed_late(app).error is None


def test_a_role_that_is_taken_away_before_it_is_performed_counts_no_more(app: App) -> None:
    error = refusal(performed_late(app))
    assert isinstance(error, RoleMissing)
    assert error.message.startswith("ci needs the role admin")


def test_a_role_that_was_lowered_is_checked_as_it_is_now(tmp_path: Path) -> None:
    app = World(tmp_path, more=access("ci", role="operator")).app
    assert isinstance(refusal(performed_late(app)), RoleMissing)


def test_a_token_that_is_revoked_before_it_is_performed_has_nothing_done(tmp_path: Path) -> None:
    app = World(tmp_path, more=access("ci")).app
    revoked = performed_late(app, lambda: revoke_token(Caller(app, lambda: ANA), "ci"))
    assert isinstance(refusal(revoked), NotLoggedIn)


def test_a_new_token_of_the_same_name_does_not_speak_for_the_revoked_one(tmp_path: Path) -> None:
    app = World(tmp_path, more=access("ci")).app

    def replace_token() -> None:
        revoke_token(Caller(app, lambda: ANA), "ci")
        create_token(Caller(app, lambda: ANA), name="ci")

    assert isinstance(refusal(performed_late(app, replace_token)), NotLoggedIn)


BO_IS_ADMIN = 'web: {access: [{role: admin, subjects: ["oidc:user:bo@example.com"]}]}'


def test_what_was_asked_by_a_login_that_is_valid_is_done(tmp_path: Path) -> None:
    assert asked_by_login(World(tmp_path, more=BO_IS_ADMIN).app).error is None


@pytest.mark.parametrize("how", ["an admin ends it", "it is logged out", "it expires"])
def test_a_login_that_ends_before_it_is_performed_has_nothing_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    app = World(tmp_path, more=BO_IS_ADMIN).app

    def end() -> None:
        if how == "it expires":
            later = app.clock.now() + timedelta(hours=13)
            monkeypatch.setattr(type(app.clock), "now", lambda _: later)
            monkeypatch.setattr("runner.model.execution.daemon_request.BEGUN_WITHIN", timedelta(days=1))
            return
        with app.store.writing() as writer:
            if how == "it is logged out":
                writer.end_session(digest_of("login_a"))
            else:
                writer.end_sessions(BO.name, by="ana")

    assert isinstance(refusal(asked_by_login(app, end)), NotLoggedIn)


def test_a_request_over_http_says_by_which_login_it_came(tmp_path: Path) -> None:
    world = World(tmp_path, more=BO_IS_ADMIN)
    logged_in(world, "login_a")
    request = Request(
        {"type": "http", "headers": [(b"authorization", b"Bearer login_a")], "app": application(world.app)}
    )
    assert caller_of(request).session == digest_of("login_a")


def test_so_many_wait_at_most(app: App) -> None:
    for number in range(MOST_OPEN):
        ask_without_waiting(app, Person(f"p{number}", "token"))
    with pytest.raises(DaemonOverloaded):
        sync_sources(caller(app, AskedDaemon()))


def test_one_person_leaves_room_for_others(app: App) -> None:
    for _ in range(MOST_OPEN_OF_ONE):
        ask_without_waiting(app)
    with pytest.raises(DaemonOverloaded):
        ask_without_waiting(app)
    ask_without_waiting(app, Person("bo", "token"))


def test_old_requests_are_removed(app: App) -> None:
    sync_sources(caller(app, AskedDaemon()))
    with app.store.writing() as writer:
        assert writer.prune_requests(app.clock.now() - KEPT_FOR) == 0
        assert writer.prune_requests(app.clock.now() + timedelta(seconds=1)) == 1


def test_a_running_daemon_takes_it_within_seconds(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    world.stack("app")
    world.run("db", "migrate")
    served = Served(world)
    client = served.client(served.token("ci"))
    assert client.post("/api/v1/syncs", json={}).json()["code"] == "DaemonUnreachable"
    daemon = world.start("daemon")
    daemon.says("daemon.ready")
    world.stack("other")
    answer = client.post("/api/v1/syncs", json={})
    daemon.signal(15)
    daemon.ends(0)
    assert answer.json()[0]["stacks"] == 2


def test_a_request_that_cannot_be_read_keeps_no_run_waiting(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    ask_without_waiting(world.app)
    with closing(sqlite3.connect(tmp_path / "data/driftline.db")) as database:
        database.execute("UPDATE daemon_requests SET person = '{'")
        database.commit()
    daemon = world.start("daemon")
    until(lambda: world.json("run", "list", "--state", "awaiting_approval") != [])
    daemon.says("column person of row 1 in table daemon_requests")
    daemon.signal(15)
    daemon.ends(0)
