"""Spans of time as people write them: `90s`, `5m`, `4h`, `2w`, or `none`."""

from typing import Any, Self

from runner.model.values.regex import regex

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = regex(r"(\d+(?:\.\d+)?)([smhdw])")
_LONGEST = 40  # the pattern takes quadratic time on a text of digits only


class Seconds(float):
    """A span in seconds, parsed from text like `90s` or `1h30m`.

    pydantic uses the hook below, so that `model/` itself needs no pydantic.
    """

    written: str = ""  # as a person wrote it: `90m` is not shown as `1h30m`

    @classmethod
    def parse(cls, text: Any) -> Self:
        """Raise ValueError with the expected format."""
        whole = str(text).strip()
        parts = _PART.findall(whole) if len(whole) <= _LONGEST else []
        if not parts or "".join(n + u for n, u in parts) != whole:
            raise ValueError(f"expected a duration such as 90s, 5m, 4h, 2d or 1w, got {text!r}")
        span = cls(sum(float(n) * _UNITS[u] for n, u in parts))
        span.written = whole
        return span

    def __str__(self) -> str:
        if self.written:
            return self.written
        left, words = round(self), []
        for unit, size in reversed(_UNITS.items()):
            count, left = divmod(left, size)
            if count:
                words.append(f"{count}{unit}")
        return "".join(words) or "0s"

    __repr__ = __str__

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        from pydantic_core import core_schema

        def read(value: Any) -> Seconds:
            return value if isinstance(value, Seconds) else cls.parse(value)

        return core_schema.no_info_plain_validator_function(
            read, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": r"^(\d+(\.\d+)?[smhdw])+$",
            "maxLength": _LONGEST,
            "examples": ["90s", "5m", "4h"],
        }
