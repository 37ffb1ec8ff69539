"""The hidden first line by which Driftline finds again what it wrote at a forge."""

import re
from urllib.parse import quote

_MARKER = re.compile(r"<!-- driftline:[A-Za-z0-9._~/%-]{1,1000} -->")


def marker(*names: str) -> str:
    """A marker for these names, such as `drift` and a stack's; nothing in a name can end the hidden line early."""
    told = "/".join(quote(name, safe="").replace("--", "-%2D") for name in names)
    return f"<!-- driftline:{told} -->"


def split_marker(text: str) -> tuple[str | None, str]:
    """The marker that a text begins with, and the rest. A marker that is quoted further down does not count."""
    first, _, rest = text.replace("\r\n", "\n").partition("\n")
    return (first.rstrip(), rest) if _MARKER.fullmatch(first.rstrip()) else (None, text)
