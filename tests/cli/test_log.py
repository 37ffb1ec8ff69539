import io
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from runner.host import log


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Called by the test itself: pytest puts its own stderr in place after the fixtures."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def test_an_event_is_one_line_of_keys_and_values(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = written(monkeypatch)
    log.configure()
    structlog.get_logger().info("job.start", run="run-5", stack="prod/vpc", slots=2, reason="two words")
    line = stream.getvalue()
    assert line.startswith("timestamp=")
    assert line.endswith('level=info event=job.start run=run-5 stack=prod/vpc slots=2 reason="two words"\n')


def test_a_value_can_begin_no_line_and_forge_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = written(monkeypatch)
    log.configure()
    structlog.get_logger().info("x", reason='ok" level=error\nevent=approved by=ana \x1b[2K\u202e')
    (line,) = stream.getvalue().splitlines()
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert r'reason="ok\" level=error\nevent=approved by=ana' in line


def test_a_traceback_stays_on_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = written(monkeypatch)
    log.configure()
    try:
        int("no")
    except ValueError:
        structlog.get_logger().exception("job.bug")
    (line,) = stream.getvalue().splitlines()
    assert "ValueError: invalid literal" in line


def test_libraries_are_heard_from_warnings_on_in_the_same_form(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = written(monkeypatch)
    log.configure(verbose=True)
    logging.getLogger("apscheduler").info("not this")
    logging.getLogger("apscheduler").warning("missed\nby %s", "2 s")
    assert stream.getvalue() == 'level=warning event=apscheduler message="missed\\nby 2 s"\n'


def test_quiet_lets_only_warnings_through(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = written(monkeypatch)
    log.configure(quiet=True)
    structlog.get_logger().info("job.start")
    structlog.get_logger().warning("run.recovered")
    assert "job.start" not in stream.getvalue()
    assert "run.recovered" in stream.getvalue()


@pytest.mark.parametrize(
    ("method", "prefix"), [("error", "<3>"), ("warning", "<4>"), ("info", "<6>"), ("exception", "<3>")]
)
def test_lines_to_the_journal_begin_with_their_priority(
    method: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "stream").open("w+") as stream:
        found = os.fstat(stream.fileno())
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
        log.configure()
        getattr(structlog.get_logger(), method)("x")
        stream.seek(0)
        assert stream.read().startswith(f"{prefix}timestamp=")


def test_a_journal_that_only_our_parent_writes_to_gets_no_priority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "stream").open("w+") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("JOURNAL_STREAM", "1:2")
        log.configure()
        structlog.get_logger().info("x")
        stream.seek(0)
        assert stream.read().startswith("timestamp=")


def test_a_backslash_in_a_text_is_distinguished_from_an_escape() -> None:
    assert log.line({"path": "a\\n b"}) == r'path="a\\n b"'
    assert log.line({"path": "a\n b"}) == r'path="a\n b"'
