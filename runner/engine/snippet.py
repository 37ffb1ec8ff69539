"""The snippet of a diagnostic, without secrets: code is text of the repository, and values may be anything."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.engine.redaction import Redaction
from runner.model.changes.changes import MASK
from runner.model.changes.secret_shape import names_secret
from runner.model.changes.snippet import Snippet, snippet

# Names of terraform's own, which say nothing of their values.
_OPEN = frozenset({"each.key", "self.key"})
_VARIABLE = re.compile(r'variable "([^"]*)"')
_VALUE = re.compile(r"=.*", re.DOTALL)


def read_snippet(raw: Mapping[str, Any], redaction: Redaction) -> Snippet | None:
    """None where terraform shows no code. What is not as documented is left out."""
    code = raw.get("code")
    if not isinstance(code, str) or not code.strip():
        return None
    line = raw.get("start_line")
    shown = redaction.text(_without_default(code, str(raw.get("context") or "")))
    return snippet(
        shown,
        line if isinstance(line, int) else None,
        _mark(raw, code, shown, redaction),
        redaction.text(str(raw.get("context") or "")),
        tuple(dict.fromkeys(_values(raw, redaction))),
    )


def _without_default(code: str, context: str) -> str:
    """Without what stands behind an equals sign, in a variable whose name says that it is a secret."""
    variable = _VARIABLE.fullmatch(context)
    return _VALUE.sub(f"= {MASK}", code) if variable is not None and names_secret(variable[1]) else code


def _mark(raw: Mapping[str, Any], code: str, shown: str, redaction: Redaction) -> tuple[int, int]:
    """Offsets are of bytes, and of the code as it is written. Where masking has moved it, it is looked for."""
    first, last = raw.get("highlight_start_offset"), raw.get("highlight_end_offset")
    written = code.encode(errors="replace")
    if not (isinstance(first, int) and isinstance(last, int) and 0 <= first <= last <= len(written)):
        return 0, 0
    start, end = (len(written[:at].decode(errors="ignore")) for at in (first, last))
    if len(shown) == len(code.rstrip("\n")) and MASK not in shown:
        return start, end
    marked = redaction.text(code[start:end].split("\n", maxsplit=1)[0])
    if not marked or shown.count(marked) != 1:
        return 0, 0
    return (at := shown.index(marked)), at + len(marked)


def _values(raw: Mapping[str, Any], redaction: Redaction) -> Iterator[str]:
    values = raw.get("values")
    for value in values if isinstance(values, list) else ():
        if not isinstance(value, dict):
            continue
        name, said = str(value.get("traversal") or ""), str(value.get("statement") or "")
        if name and said:
            hidden = names_secret(name) and name not in _OPEN
            yield redaction.text(f"{name} is {MASK}" if hidden else f"{name} {said}")
