"""The hidden line of a marker where HTML is shown as text: a link definition that nothing refers to is shown nowhere."""

import re

_HIDDEN = re.compile(r"\A<!-- (driftline:[^ ]+) -->\n")
_DEFINED = re.compile(r"\A\[//\]: # \((driftline:[^ )]+)\)\r?\n(\r?\n)?")


def as_definition(body: str) -> str:
    return _HIDDEN.sub(r"[//]: # (\1)\n\n", body)


def with_marker(body: str) -> str:
    """As it was given."""
    return _DEFINED.sub(r"<!-- \1 -->\n", body)
