"""What workers send is bounded: a log on the disk of the server, and bodies of requests in its memory."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from applied_once import until
from pool_world import SECRET, Pool

from runner.api.http import FENCE, WORK
from runner.artifact.store import ArtifactStore
from runner.engine.journal import Journal
from runner.errors import LogAhead, NotLoggedIn, RequestTooLarge, TooManyAtOnce
from runner.model.run import log_size
from runner.model.work.protocol import Wanted
from runner.pool.client import WorkClient
from runner.pool.patience import Deadline
from runner.web.work.bodies import Bodies
from runner.web.work.log import append

LARGEST = 1000


@pytest.fixture
def small_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_size, "LARGEST", LARGEST)


@pytest.mark.usefixtures("small_log")
def test_a_log_that_a_worker_sends_ends_where_it_is_full_and_says_so(tmp_path: Path) -> None:
    log, sent = tmp_path / "run-1.log", 0
    for _ in range(30):
        sent = append(log, "run-1", sent, b"0123456789" * 10)
    assert sent == 3000
    assert log.read_text() == "0123456789" * 100 + f"\n{log_size.CUT}\n"


@pytest.mark.usefixtures("small_log")
def test_a_piece_that_arrives_again_does_not_count_twice_in_a_log_that_is_not_full(tmp_path: Path) -> None:
    log = tmp_path / "run-1.log"
    for _ in range(3):
        assert append(log, "run-1", 0, b"x" * LARGEST) == LARGEST
    assert log.read_bytes() == b"x" * LARGEST
    with pytest.raises(LogAhead):
        append(log, "run-1", LARGEST + 1, b"y")


@pytest.mark.usefixtures("small_log")
def test_the_log_of_a_run_on_this_host_ends_with_the_same_line(tmp_path: Path) -> None:
    log = tmp_path / "run-1.log"
    with Journal(log) as journal:
        journal.write(["0123456789"] * 200)
        assert not journal.complete
    *lines, last = log.read_text().splitlines()
    assert last == log_size.CUT
    assert len(lines) == LARGEST // 11


def test_pieces_that_arrive_at_once_are_appended_once(tmp_path: Path) -> None:
    log, piece = tmp_path / "run-1.log", b"0123456789" * 1000
    threads = [threading.Thread(target=append, args=(log, "run-1", 0, piece)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.read_bytes() == piece


@pytest.fixture
def bodies(monkeypatch: pytest.MonkeyPatch) -> Bodies:
    """Those of more than 100 bytes are large, and two of them are let in."""
    made = Bodies(in_memory=100, most_large=2)
    monkeypatch.setattr("runner.web.work.bodies.Bodies", lambda: made)
    monkeypatch.setattr("runner.web.work.routes.ARTIFACT", 5000)
    return made


@pytest.fixture
def pool(tmp_path: Path, bodies: Bodies) -> Iterator[Pool]:
    with Pool(tmp_path).served() as made:
        yield made


@pytest.fixture
def held(pool: Pool) -> Iterator[tuple[WorkClient, int]]:
    """A client with a lease on run 1."""
    pool.stack()
    pool.offer()
    with WorkClient.of(pool.worker().settings) as client:
        yield client.until(Deadline(0)), client.claim(1, Wanted(1, "w-1", "eu", "p")).fence


def test_a_large_artifact_arrives_as_it_was_sent(held: tuple[WorkClient, int]) -> None:
    client, fence = held
    client.put_artifact(1, fence, "plan.json", b"0123456789" * 500)
    assert client.artifact(1, fence, "plan.json", of=1) == b"0123456789" * 500


@pytest.mark.parametrize("chunked", [False, True], ids=["of a known length", "in chunks"])
def test_a_body_beyond_what_its_route_allows_is_refused(
    held: tuple[WorkClient, int], *, chunked: bool
) -> None:
    client, fence = held
    content = b"x" * 5001
    path, headers = f"{WORK}/runs/1/artifacts/plan.json", {FENCE: str(fence)}
    answer = client.http.put(path, content=iter([content]) if chunked else content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, RequestTooLarge.__name__)
    assert client.artifact_names(1, fence) == []


@pytest.mark.parametrize(
    ("path", "most"), [("runs/1/heartbeat", 64 << 10), ("runs/1/claim", 64 << 10), ("hello", 64 << 10)]
)
def test_what_says_little_is_refused_when_it_is_long(
    held: tuple[WorkClient, int], path: str, most: int
) -> None:
    client, _ = held
    answer = client.http.post(f"{WORK}/{path}", content=json.dumps({"fence": "1" * most}))
    assert answer.status_code == 413


def begun(pool: Pool, fence: int, token: str = SECRET) -> socket.socket:
    """A large artifact of which only a part has come."""
    host = urlsplit(pool.url)
    line = socket.create_connection((host.hostname or "", host.port or 0))
    head = (
        f"PUT {WORK}/runs/1/artifacts/slow HTTP/1.1\r\nHost: {host.netloc}\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\n{FENCE}: {fence}\r\nContent-Length: 4000\r\n\r\n"
    )
    line.sendall(head.encode() + b"x" * 200)
    return line


def test_a_large_body_is_told_to_come_later_while_others_arrive(
    pool: Pool, bodies: Bodies, held: tuple[WorkClient, int]
) -> None:
    client, fence = held
    with ExitStack() as open_ones:
        lines = [open_ones.enter_context(closing(begun(pool, fence))) for _ in range(2)]
        until(lambda: bodies.large == 2, "they do not arrive")
        with pytest.raises(TooManyAtOnce):
            client.put_artifact(1, fence, "plan.json", b"x" * 101)
        answer = client.http.put(
            f"{WORK}/runs/1/artifacts/plan.json", content=b"x" * 101, headers={FENCE: str(fence)}
        )
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        client.put_artifact(1, fence, "small", b"x" * 100)  # what is small is always taken
        lines[0].sendall(b"x" * 3800)
        assert lines[0].recv(4096).startswith(b"HTTP/1.1 200")
        until(lambda: bodies.large == 1, "the first one does not leave")
        client.put_artifact(1, fence, "plan.json", b"x" * 101)
    until(lambda: bodies.large == 0, "the second one does not leave")
    assert client.artifact_names(1, fence) == ["plan.json", "slow", "small"]


def test_whoever_has_no_token_sends_nothing_large(
    pool: Pool, bodies: Bodies, held: tuple[WorkClient, int]
) -> None:
    _, fence = held
    with closing(begun(pool, fence, token="drift_" + "x" * 43)) as line:
        answer = HTTPResponse(line)
        answer.begin()
        code = json.loads(answer.read())["code"]
    assert (answer.status, code) == (401, NotLoggedIn.__name__)
    assert bodies.large == 0


def test_one_large_body_is_in_memory_at_a_time(
    pool: Pool, bodies: Bodies, held: tuple[WorkClient, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, fence = held
    store, both_came = type(pool.world.app.artifacts), threading.Event()
    real, inside, most = store.put, list[str](), list[int]()

    def put(self: ArtifactStore, run: int, name: str, content: bytes) -> str:
        inside.append(name)
        assert both_came.wait(30)
        most.append(len(inside))
        inside.remove(name)
        return real(self, run, name, content)

    monkeypatch.setattr(store, "put", put)
    sending = [
        threading.Thread(target=client.put_artifact, args=(1, fence, name, b"x" * 3000)) for name in "ab"
    ]
    for thread in sending:
        thread.start()
    until(lambda: bodies.large == 2 and bool(inside), "they do not arrive")
    both_came.set()
    for thread in sending:
        thread.join()
    assert most == [1, 1]
    assert client.artifact_names(1, fence) == ["a", "b"]
