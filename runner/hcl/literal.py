"""Values written as HCL in which an engine finds nothing to evaluate: each means itself, whatever its content.

In native syntax, where `$${` and `%%{` are plain text to every engine. JSON is not as safe: Terraform takes
the strings of a backend's configuration literally, with `$${` as two dollars, and OpenTofu 1.8 and later
evaluate templates in them.
"""

import json
import re
from typing import Any

from runner.model.values.regex import regex
from runner.model.values.text import UNSAFE_CHARACTERS

_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "${": "$${", "%{": "%%{"}
# Whatever hides, or turns the direction of writing, is escaped as well: a reviewer sees what an engine reads.
_TO_ESCAPE = regex(rf'[$%]\{{|["\\]|{UNSAFE_CHARACTERS}')


def quoted(text: str) -> str:
    """An HCL string."""
    return '"' + _TO_ESCAPE.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    return _ESCAPED.get(found[0]) or by_number(found[0])


def by_number(character: str) -> str:
    """An escape that HCL and YAML both know."""
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def expression(value: Any) -> str:
    """For YAML values: a text, a number, true, false, null, a list or a mapping."""
    match value:
        case str():
            return quoted(value)
        case list() | tuple():
            return f"[{', '.join(map(expression, value))}]"
        case dict():
            inside = ", ".join(f"{quoted(name)} = {expression(part)}" for name, part in value.items())
            return f"{{ {inside} }}" if inside else "{}"
        case _:
            return json.dumps(value, allow_nan=False)
