"""Calls to a provider that does not answer as it should: each ends as a failed link, and none in a wrong answer."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asked_again import patience
from h2.errors import ErrorCodes
from odd_grpc import Answering, Behaviour, provider, well

from runner.probe.identity import Identity, new_identity
from runner.probe.protocol import Handshake
from runner.probe.replay import link as links
from runner.probe.replay import process as processes
from runner.probe.replay.link import AT_ONCE, Link, LinkFailed
from runner.probe.replay.process import Process

READ = "/tfplugin6.Provider/ReadResource"
LONG = 5.0  # nothing here waits for it
NEVER_STARTED: Any = None


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return new_identity(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Short enough for a socket."""
    return tmp_path_factory.mktemp("p")


def ask(
    handshake: Handshake,
    identity: Identity,
    calls: int = 1,
    seconds: float = LONG,
    canceled: Callable[[], bool] = lambda: False,
) -> dict[int, bytes]:
    with Link(handshake, identity, time.monotonic() + seconds, canceled) as link:
        return dict(link.answers([(READ, b"request %d" % number) for number in range(calls)]))


def test_each_call_has_its_own_answer(folder: Path, identity: Identity) -> None:
    def by_stream(answering: Answering) -> None:
        answering.message(b"stream %d" % answering.stream)
        answering.trailers()

    with provider(folder, by_stream) as handshake:
        answers = ask(handshake, identity, 3 * AT_ONCE)
    assert answers == {number: b"stream %d" % (2 * number + 1) for number in range(3 * AT_ONCE)}


def test_a_large_request_and_a_large_answer_arrive_whole(folder: Path, identity: Identity) -> None:
    def large(answering: Answering) -> None:
        answering.message(bytes(3 << 20))
        answering.trailers()

    with (
        provider(folder, large) as handshake,
        Link(handshake, identity, time.monotonic() + LONG, lambda: False) as link,
    ):
        [(_, answer)] = link.answers([(READ, bytes(3 << 20))])
    assert answer == bytes(3 << 20)


def status(code: bytes | None, said: bytes = b"") -> Behaviour:
    def behave(answering: Answering) -> None:
        answering.message(b"an answer")
        answering.trailers(code, said)

    return behave


def message(**wrong: object) -> Behaviour:
    def behave(answering: Answering) -> None:
        answering.message(b"an answer", **wrong)  # type: ignore[arg-type]
        answering.trailers()

    return behave


def nothing(answering: Answering) -> None:
    answering.http.send_headers(answering.stream, [(b":status", b"200")])
    answering.trailers()


def twice(answering: Answering) -> None:
    answering.message(b"an answer")
    answering.part(b"\0" + (2).to_bytes(4) + b"no")
    answering.trailers()


def another_stream(answering: Answering) -> None:
    """A frame of data for a call that nobody has made."""
    answering.wire.sendall(b"\x00\x00\x02\x00\x01\x00\x00\x01\x01no")


def reset(answering: Answering) -> None:
    answering.http.reset_stream(answering.stream, ErrorCodes.INTERNAL_ERROR)


def reset_in_the_middle(answering: Answering) -> None:
    answering.message(b"half", length=9)
    reset(answering)


def going_away(answering: Answering) -> None:
    answering.http.close_connection()


def dies(answering: Answering) -> None:
    """With half an answer sent."""
    answering.message(b"half", length=9)
    answering.wire.shutdown(socket.SHUT_RDWR)


def rubbish(answering: Answering) -> None:
    answering.wire.sendall(bytes(64))


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        pytest.param(status(b"14", b"throttled"), "it answered with status 14: throttled", id="unavailable"),
        pytest.param(status(None), "it answered with status none", id="no-status"),
        pytest.param(message(compressed=True), "its answer is no message", id="compressed"),
        pytest.param(message(length=3), "its answer is no message", id="too-short-a-length"),
        pytest.param(message(length=300), "its answer is no message", id="cut-off"),
        pytest.param(nothing, "its answer is no message", id="empty"),
        pytest.param(twice, "its answer is no message", id="two-messages"),
        pytest.param(another_stream, "it does not answer", id="of-another-call"),
        pytest.param(reset, "it broke off a call", id="reset"),
        pytest.param(reset_in_the_middle, "it broke off a call", id="reset-in-the-middle"),
        pytest.param(going_away, "it closed the connection", id="going-away"),
        pytest.param(dies, "it", id="dies"),
        pytest.param(rubbish, "it does not answer", id="rubbish"),
    ],
)
def test_a_call_without_a_whole_answer_fails(
    folder: Path, identity: Identity, behaviour: Behaviour, reason: str
) -> None:
    with provider(folder, behaviour) as handshake, pytest.raises(LinkFailed, match=reason):
        ask(handshake, identity)


def test_an_answer_that_is_too_large_fails(
    folder: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "LARGEST_ANSWER", 8)
    with provider(folder) as handshake, pytest.raises(LinkFailed, match="its answer is too large"):
        ask(handshake, identity)


def test_it_waits_until_the_deadline_and_no_longer(folder: Path, identity: Identity) -> None:
    with provider(folder, lambda _: None) as handshake, pytest.raises(LinkFailed, match=r"in time|timeout"):
        ask(handshake, identity, seconds=0.05)


def test_somebody_can_stop_it_while_it_waits(
    folder: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "_LOOK_SECONDS", 0.01)
    asked = threading.Event()
    with (
        provider(folder, lambda _: asked.set()) as handshake,
        pytest.raises(LinkFailed, match="stopped on request"),
    ):
        ask(handshake, identity, canceled=asked.is_set)


def test_only_the_announced_certificate_is_spoken_to(folder: Path, identity: Identity) -> None:
    with provider(folder, well) as handshake, pytest.raises(LinkFailed, match="certificate differs"):
        ask(replace(handshake, certificate="AAAA"), identity)


def test_nobody_at_the_address_is_a_failed_link(folder: Path, identity: Identity) -> None:
    with pytest.raises(LinkFailed, match="it does not answer"):
        ask(Handshake(6, str(folder / "nobody")), identity)


def test_answers_before_a_failure_are_those_of_their_calls(folder: Path, identity: Identity) -> None:
    def only_the_first(answering: Answering) -> None:
        if answering.stream == 1:
            well(answering)
        else:
            dies(answering)

    seen: list[tuple[int, bytes]] = []
    with (
        provider(folder, only_the_first) as handshake,
        Link(handshake, identity, time.monotonic() + LONG, lambda: False) as link,
        pytest.raises(LinkFailed),
    ):
        seen.extend(link.answers([(READ, b"a"), (READ, b"b")]))
    assert seen in ([], [(0, b"an answer")])


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Link]:
    """Those that were made."""
    made: list[Link] = []

    def link(*given: Any) -> Link:
        made.append(Link(*given))
        return made[-1]

    monkeypatch.setattr(processes, "Link", link)
    return made


def test_a_connection_is_used_again_once_nobody_asks_it(
    folder: Path, identity: Identity, connections: list[Link]
) -> None:
    with provider(folder) as handshake:
        process = Process(NEVER_STARTED, "it", identity, folder, _handshake=handshake)
        for _ in range(2):
            with process.link(patience()) as link:
                assert dict(link.answers([(READ, b"a"), (READ, b"b")])) == {0: b"an answer", 1: b"an answer"}
        connections[0].close()
    assert len(connections) == 1


def test_a_connection_with_answers_under_way_is_not_used_again(
    folder: Path, identity: Identity, connections: list[Link]
) -> None:
    with provider(folder) as handshake:
        process = Process(NEVER_STARTED, "it", identity, folder, _handshake=handshake)
        with process.link(patience()) as link:
            next(link.answers([(READ, b"a"), (READ, b"b")]))
        with process.link(patience()) as link:
            [(_, answer)] = link.answers([(READ, b"c")])
        connections[1].close()
    assert (answer, len(connections)) == (b"an answer", 2)


def test_a_connection_is_not_used_again_after_a_failure(
    folder: Path, identity: Identity, connections: list[Link]
) -> None:
    with provider(folder) as handshake:
        process = Process(NEVER_STARTED, "it", identity, folder, _handshake=handshake)
        with suppress(ValueError), process.link(patience()) as link:
            raise ValueError(dict(link.answers([(READ, b"a")])))
        with process.link(patience()):
            assert len(connections) == 2
        connections[1].close()
