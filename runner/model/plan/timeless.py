"""Values that change by themselves: the time of the plan, `plantimestamp()`, in what a plan would write.

Two plans of the same thing never have the same time, yet mean the same. A plan's JSON records when it was
made, to the second, and `plantimestamp()` returns exactly that. So a value equal to the plan's own time is
known to be it, wherever it occurs; nothing else is excused.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from runner.model.evaluated.code import Code
from runner.model.values.frozen import dataclass

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MARK = "\0time of the plan"  # the key of an object that replaces a text


@dataclass(frozen=True)
class Clock:
    """The time of one plan and values derived from it: the offsets, in seconds, that `timeadd` adds to it."""

    texts: Mapping[str, int]

    def timeless(self, value: Any) -> Any:
        """The value with the time of the plan replaced by a mark that cannot occur in text."""
        return self._with(value, self._text)

    def literal(self, value: Any) -> Any:
        """The value unchanged, but comparable with one without the time: nothing in it is the mark."""
        return self._with(value, str)

    def _with(self, value: Any, text: Callable[[str], Any]) -> Any:
        match value:
            case str():
                return text(value)
            case dict():
                # A key that looks like the mark is escaped.
                return {
                    f"\0{key}" if self.texts and key.startswith("\0") else key: self._with(part, text)
                    for key, part in value.items()
                }
            case list():
                return [self._with(part, text) for part in value]
            case _:
                return value

    def moves(self, value: Any) -> bool:
        """Whether the value contains the time of the plan."""
        match value:
            case str():
                return isinstance(self._text(value), dict)
            case dict():
                return any(map(self.moves, value.values()))
            case list():
                return any(map(self.moves, value))
            case _:
                return False

    def _text(self, text: str) -> Any:
        parts = list(self._parts(text)) if self.texts else [text]
        return text if parts == [text] else {_MARK: parts}

    def _parts(self, text: str) -> Iterator[str | list[int]]:
        end = 0
        for found in _RFC3339.finditer(text):
            offset = self.texts.get(found[0])
            if offset is not None:
                yield text[end : found.start()]
                yield [offset]
                end = found.end()
        yield text[end:]


STILL = Clock({})


def clock_of(document: Mapping[str, Any], code: Code) -> Clock:
    """STILL if the code does not use the time, or was not read completely: then nothing is excused."""
    timestamp = document.get("timestamp")
    if not code.read or code.unread or not code.clock or not isinstance(timestamp, str):
        return STILL
    if not _RFC3339.fullmatch(timestamp):
        return STILL
    now = datetime.fromisoformat(timestamp)
    return Clock(dict(_times(now, code.offsets)))


def _times(now: datetime, offsets: tuple[int, ...]) -> Iterator[tuple[str, int]]:
    # The time without an offset takes precedence: it comes last.
    for offset in (*offsets, 0):
        try:
            moved = (now + timedelta(seconds=offset)).astimezone(UTC)
        except OverflowError:
            continue
        yield f"{moved:%Y-%m-%dT%H:%M:%S}Z", offset
