"""Logs: one line per event, `key=value`, on stderr. No value can start another line."""

import io
import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

from runner.model.values.text import safe_text

_PLAIN = re.compile(r"[^\s\"=\\]+")
_QUOTED = re.compile(r"[\\\"]")


class _Log:
    """structlog's logger, imported with the first message that is shown: a command that shows none starts a tenth of
    a second sooner.
    """

    def __init__(self) -> None:
        self._level: int | None = None  # to be configured with

    def configure(self, level: int) -> None:
        self._level = level
        if "structlog" in sys.modules:
            self._configured()

    def __getattr__(self, method: str) -> Any:
        if self._level is not None and _SEVERITY.get(method, logging.CRITICAL) < self._level:
            return _show_nothing
        import structlog

        self._configured()
        return getattr(structlog.get_logger(), method)

    def _configured(self) -> None:
        level, self._level = self._level, None
        if level is not None:
            _configure_structlog(level)


_SEVERITY = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}


def _show_nothing(_event: str, **_fields: object) -> None:
    """What is below the level."""


log = _Log()


def configure(*, verbose: bool = False, quiet: bool = False) -> None:
    """For a whole process. `quiet` only lets warnings through, for a command that shows its own progress."""
    level = logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO
    log.configure(level)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Libraries())
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def _configure_structlog(level: int) -> None:
    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _Spared(sys.stderr))),
        cache_logger_on_first_use=False,
    )


def line(fields: Mapping[str, Any]) -> str:
    """`level=info event=job.start run=run-5`, quoted as needed."""
    return " ".join(f"{name}={_value(value)}" for name, value in fields.items())


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    if _PLAIN.fullmatch(text) and safe_text(text) == text:
        return text
    # Quotes first: the escapes of safe_text must not be escaped again.
    return f'"{safe_text(_QUOTED.sub(_escaped, text))}"'


def _escaped(match: re.Match[str]) -> str:
    return "\\" + match.group()


def _render(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    first = {name: event.pop(name) for name in ("timestamp", "level", "event") if name in event}
    return prefix(first.get("level", "info")) + line({**first, **event})


# The levels of sd-daemon(3), which journalctl -p filters by.
_PRIORITIES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}


def prefix(level: str) -> str:
    """`<4>` before a warning if stderr is the journal, by JOURNAL_STREAM of systemd.exec(5); otherwise nothing."""
    return f"<{_PRIORITIES[level]}>" if _is_journal(os.environ.get("JOURNAL_STREAM", "")) else ""


def _is_journal(identity: str) -> bool:
    if not identity:
        return False
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return identity == f"{found.st_dev}:{found.st_ino}"


class _Spared(io.TextIOBase):
    """A stream that may break: the daemon goes on even if nothing reads the log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        try:  # noqa: SIM105 - also called at interpreter exit, when the names of this module are gone
            self._stream.flush()
        except (OSError, ValueError):
            pass


class _Libraries(logging.Formatter):
    """Messages of libraries that use the standard library's logging, in the same form."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {"level": record.levelname.lower(), "event": record.name, "message": record.getMessage()}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return prefix(fields["level"]) + line(fields)
