"""What every test may use, and a summary that tells which real tools were missing."""

import fcntl
import json
import os
import shutil
import signal
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import GenericAlias
from typing import Any

import httpcore2
import pytest
import structlog
from engine_under_test import run_each, under_test
from hypothesis import HealthCheck, settings
from in_memory import use_memory
from prepared import prepare, start_fast
from provider.mirror import aws_mirror
from recorded.players import Players
from repetitions import add_options, examples, register

from runner.view.document import document, read_document

MISSING: dict[str, str] = {}
# The same examples for the same code, so that what failed fails again; DRIFTLINE_TEST_RANDOM=1 looks for new ones.
# And a loaded machine is slow, not wrong.
PROFILE = settings(
    derandomize=not os.environ.get("DRIFTLINE_TEST_RANDOM"),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    ended = run_each(config)
    if ended is None:
        use_memory(config)
    return ended


def pytest_configure(config: pytest.Config) -> None:
    register(config)
    settings.register_profile("driftline", PROFILE, max_examples=examples(100))
    # Here, since hypothesis loads a profile of its own before: with CI set, another one.
    settings.load_profile("driftline")
    # What a shell starts in the background ignores SIGINT, and so would all that the tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if shutil.which("terraform") is None:
        MISSING["terraform"] = "no terraform on PATH: every test that runs it was skipped"
    if shutil.which("chromium") is None:
        MISSING["browser"] = "no chromium on PATH: the tests of the dashboard in a browser were skipped"
    if aws_mirror() is None:
        MISSING["aws"] = "no unpacked hashicorp/aws provider was found: the tests marked aws were skipped"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """One worker compiles the tests of a fresh clone with their assertions, 10 s of CPU, and the others wait to read that."""
    with Path(__file__).open() as whole:
        try:
            fcntl.flock(whole, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(whole, fcntl.LOCK_SH)
        return (yield)


def pytest_collection_finish() -> None:
    start_fast()


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: a test often waits for a process, a lock or a poll."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for needed in {"aws", "browser"} & MISSING.keys():
            if item.get_closest_marker(needed):
                item.add_marker(pytest.mark.skip(reason=MISSING[needed]))
    # At the end one of them would run alone.
    items.sort(key=lambda item: not (item.get_closest_marker("aws") or item.get_closest_marker("long")))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if (engine := under_test()) is not None:
        terminalreporter.write_line(f"ENGINE: {engine}")
    for problem in MISSING.values():
        terminalreporter.write_line(f"NOT TESTED: {problem}", yellow=True)


@pytest.fixture(scope="session", autouse=True)
def no_authorities() -> Iterator[None]:
    """No test asks a host of the internet, and to read the machine's takes 50 ms for each client."""

    def none(**_: bool) -> ssl.SSLContext:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore2, "default_ssl_context", none)
        yield


@pytest.fixture
def on_disk() -> Iterator[Path]:
    """Not in /dev/shm: files below /dev count as devices, and are bound to no approval."""
    with TemporaryDirectory(prefix="dl-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def log_of_its_own() -> None:
    """What a command of an earlier test set for its log must not reach this one."""
    structlog.reset_defaults()
    # By default rich draws each exception, with the locals of each frame, which takes longer than most tests: 0.7 s.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


@pytest.fixture(autouse=True)
def screens_draw_from_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command draws from a view that was JSON in between, as it would come over a network."""
    from runner.cli.invocation import Cli

    present = Cli.present

    def through_json(cli: Cli, output: str, look: Any, draw: Callable[[Any], Any] | None = None) -> None:
        kind: Any = look.__class__
        if kind is tuple:
            kind = GenericAlias(tuple, (look[0].__class__ if look else str, ...))
        back = read_document(kind, json.loads(json.dumps(document(look))))
        assert back == look, "it loses something as JSON"
        present(cli, output, back, draw)

    monkeypatch.setattr(Cli, "present", through_json)


@pytest.fixture(autouse=True)
def no_configuration_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own configuration or credentials must not reach a test."""
    for name in ("DRIFTLINE_CONFIG", "TF_CLI_CONFIG_FILE", "TF_LOG", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """What all tests need is there. Overridden in a room whose subject it is."""
    prepare(monkeypatch)


@pytest.fixture
def players(tmp_path: Path) -> Players:
    """Programs in place of engines that are not on PATH."""
    return Players(tmp_path / "engines")
