"""Logs: one line an event, `key=value`, on stderr. Nothing in a value can begin another line."""

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


def configure(*, verbose: bool = False, quiet: bool = False) -> None:
    """For a whole process. `quiet` lets only warnings through, as a command that shows its own progress wants it."""
    import structlog

    level = logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO
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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Libraries())
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def line(fields: Mapping[str, Any]) -> str:
    """`level=info event=job.start run=run-5`, with what needs it in quotes."""
    return " ".join(f"{name}={_value(value)}" for name, value in fields.items())


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    if _PLAIN.fullmatch(text) and safe_text(text) == text:
        return text
    # Quotes first: the escapes that safe_text writes are not to be escaped again.
    return f'"{safe_text(_QUOTED.sub(_escaped, text))}"'


def _escaped(match: re.Match[str]) -> str:
    return "\\" + match.group()


def _render(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    first = {name: event.pop(name) for name in ("timestamp", "level", "event") if name in event}
    return prefix(first.get("level", "info")) + line({**first, **event})


# The levels of sd-daemon(3), by which journalctl -p filters.
_PRIORITIES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}


def prefix(level: str) -> str:
    """`<4>` before a warning where stderr is the journal itself, as systemd.exec(5) has JOURNAL_STREAM tell; else nothing."""
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
    """A stream that may end: when nobody takes the log any more, what the daemon does goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        try:  # noqa: SIM105 - also called while Python ends, when the names of this module are gone
            self._stream.flush()
        except (OSError, ValueError):
            pass


class _Libraries(logging.Formatter):
    """What libraries say through the standard library's logging, in the same form."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {"level": record.levelname.lower(), "event": record.name, "message": record.getMessage()}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return prefix(fields["level"]) + line(fields)
