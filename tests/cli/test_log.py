import io
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from runner import log


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def test_an_event_is_one_line_of_keys_and_values(written: io.StringIO) -> None:
    log.configure()
    structlog.get_logger().info("job.start", run="run-5", stack="prod/vpc", slots=2, reason="two words")
    line = written.getvalue()
    assert line.startswith("timestamp=")
    assert line.endswith('level=info event=job.start run=run-5 stack=prod/vpc slots=2 reason="two words"\n')


def test_a_value_can_begin_no_line_and_forge_no_key(written: io.StringIO) -> None:
    log.configure()
    structlog.get_logger().info("x", reason='ok" level=error\nevent=approved by=ana \x1b[2K\u202e')
    (line,) = written.getvalue().splitlines()
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert r'reason="ok\" level=error\\nevent=approved by=ana' in line


def test_a_traceback_stays_on_its_line(written: io.StringIO) -> None:
    log.configure()
    try:
        raise ValueError("no")
    except ValueError:
        structlog.get_logger().exception("job.bug")
    (line,) = written.getvalue().splitlines()
    assert "ValueError: no" in line


def test_libraries_are_heard_from_warnings_on_in_the_same_form(written: io.StringIO) -> None:
    log.configure(verbose=True)
    logging.getLogger("apscheduler").info("not this")
    logging.getLogger("apscheduler").warning("missed\nby %s", "2 s")
    assert written.getvalue() == 'level=warning event=apscheduler message="missed\\\\nby 2 s"\n'


def test_quiet_lets_only_warnings_through(written: io.StringIO) -> None:
    log.configure(quiet=True)
    structlog.get_logger().info("job.start")
    structlog.get_logger().warning("run.recovered")
    assert "job.start" not in written.getvalue()
    assert "run.recovered" in written.getvalue()
