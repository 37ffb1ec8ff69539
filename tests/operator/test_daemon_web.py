"""The web server that the daemon keeps: it starts and ends with it, and what happens to it disturbs no run."""

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx2
import pytest
from daemon_world import Systemd, daemon, runs, systemd, until, wait_for_run
from operator_world import Installation, installation

from runner.datadir.daemon_lock import running_web

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH")


@pytest.fixture
def notified() -> Iterator[Systemd]:
    with systemd() as listening:
        yield listening


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}/exe").exists()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def made(tmp_path: Path, port: int) -> Installation:
    made = installation(tmp_path)
    made.configure(web={"listen": f"127.0.0.1:{port}"})
    return made


def web_of(made: Installation) -> int:
    """The pid of a web server that answers."""
    return until(lambda: running_web(made.data_dir), "web server")


def test_it_answers_while_the_daemon_runs_and_ends_with_it(made: Installation, port: int) -> None:
    with daemon(made) as process:
        until(lambda: answers(port), "answer")
        web = web_of(made)
        process.terminate()
        assert process.wait(timeout=20) == 0
        assert gone(web)


def test_it_ends_with_a_daemon_that_is_killed(made: Installation, port: int) -> None:
    with daemon(made) as process:
        until(lambda: answers(port), "answer")
        web = web_of(made)
        process.kill()
        until(lambda: gone(web), "end of the web server")


def test_it_is_started_again_and_its_end_disturbs_no_run(made: Installation, port: int) -> None:
    with daemon(made):
        until(lambda: answers(port), "answer")
        first = web_of(made)
        os.kill(first, signal.SIGKILL)
        assert wait_for_run(made, "awaiting_approval").stack == "one"
        until(lambda: running_web(made.data_dir) not in {None, first} and answers(port), "another one")
    assert "event=web.ended" in (made.folder / "daemon.log").read_text()


def test_a_reload_moves_it_to_its_new_address(made: Installation, port: int, notified: Systemd) -> None:
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        until(lambda: answers(port), "answer")
        second = free_port()
        made.configure(web={"listen": f"127.0.0.1:{second}"})
        process.send_signal(signal.SIGHUP)
        until(lambda: answers(second), "answer on the new address")
        assert not answers(port)


def test_a_reload_without_an_address_stops_it(made: Installation, port: int, notified: Systemd) -> None:
    with daemon(made, {"NOTIFY_SOCKET": notified.address}) as process:
        until(lambda: answers(port), "answer")
        web = web_of(made)
        made.configure()
        process.send_signal(signal.SIGHUP)
        until(lambda: gone(web), "end of the web server")
        assert process.poll() is None


def test_a_web_server_that_hangs_and_one_that_is_flooded_delay_no_run(made: Installation, port: int) -> None:
    with daemon(made), ThreadPoolExecutor(4) as clients:
        until(lambda: answers(port), "answer")
        assert wait_for_run(made, "awaiting_approval").stack == "one"
        flood = Event()

        def ask() -> int:
            asked = 0
            while not flood.is_set():
                asked += answers(port)
            return asked

        asking = [clients.submit(ask) for _ in range(4)]
        made.add_stack("two", "b")
        made.commit("while it is flooded")
        until(
            lambda: [run for run in runs(made, stack="two") if run.state == "awaiting_approval"], "its plan"
        )
        flood.set()
        assert all(one.result() for one in asking)
        web = web_of(made)
        os.kill(web, signal.SIGSTOP)
        made.add_stack("three", "c")
        made.commit("while it hangs")
        until(
            lambda: [run for run in runs(made, stack="three") if run.state == "awaiting_approval"], "its plan"
        )
        assert running_web(made.data_dir) == web
