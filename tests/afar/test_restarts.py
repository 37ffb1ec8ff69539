"""A server that goes away for a moment while somebody asks it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2
import pytest

from runner.api.daemon import DaemonRow, show_daemon
from runner.api.locks import take_lock
from runner.errors import DatabaseBusy, ServerUnreachable
from runner.remote.client import Remote
from runner.web.problem import problem, status_of

GOOD = httpx2.Response(200, json={"pid": 5, "data_dir": "/data"}, headers={"Driftline-Version": "1"})
AWAY = [httpx2.ConnectError("refused"), httpx2.Response(502), httpx2.Response(503)]


@dataclass
class Flaky(httpx2.BaseTransport):
    """Answers so, one after the other."""

    answers: Iterator[httpx2.Response | Exception]
    asked: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request.method)
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def remote(self) -> Remote:
        return Remote("http://it", httpx2.Client(base_url="http://it", transport=self), pause=lambda: None)


@pytest.mark.parametrize("away", AWAY)
def test_a_look_is_repeated_once_the_server_has_answered_before(away: httpx2.Response | Exception) -> None:
    remote = Flaky(iter([GOOD, away, away, GOOD])).remote()
    remote.call(show_daemon)
    assert remote.call(show_daemon) == DaemonRow(5, "/data")


@pytest.mark.parametrize("away", AWAY)
def test_a_server_that_never_answered_is_unreachable_at_once(away: httpx2.Response | Exception) -> None:
    flaky = Flaky(iter([away]))
    with pytest.raises(ServerUnreachable):
        flaky.remote().call(show_daemon)
    assert flaky.asked == ["GET"]


@pytest.mark.parametrize("away", AWAY)
def test_a_change_is_never_sent_twice(away: httpx2.Response | Exception) -> None:
    flaky = Flaky(iter([GOOD, away]))
    remote = flaky.remote()
    remote.call(show_daemon)
    with pytest.raises(ServerUnreachable):
        remote.call(take_lock, "app", reason="mine")
    assert flaky.asked == ["GET", "PUT"]


def test_a_busy_database_is_no_server_that_is_away() -> None:
    busy = DatabaseBusy(path="driftline.db", seconds="30")
    answer = httpx2.Response(status_of(busy), json=problem(busy), headers={"Driftline-Version": "1"})
    flaky = Flaky(iter([GOOD, answer]))
    remote = flaky.remote()
    remote.call(show_daemon)
    with pytest.raises(DatabaseBusy) as refused:
        remote.call(show_daemon)
    assert (refused.value.exit_code, len(flaky.asked)) == (4, 2)


def test_an_address_without_a_scheme_is_given_back_with_one() -> None:
    with pytest.raises(ServerUnreachable) as refused:
        Remote.at("driftline.example.com").call(show_daemon)
    assert refused.value.hint == "https://driftline.example.com"


def test_https_to_a_server_without_tls_is_named_as_that() -> None:
    flaky = Flaky(iter([httpx2.ConnectError("[SSL: WRONG_VERSION_NUMBER] wrong version number")]))
    with pytest.raises(ServerUnreachable) as refused:
        flaky.remote().call(show_daemon)
    assert "answers without TLS" in refused.value.message
