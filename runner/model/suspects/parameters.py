"""What a call names and what it sets, from its parameters and its answer. Values are marked, never kept."""

import hashlib
import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from runner.model.values.text import whole

MOST = 2_000  # values of one event
MOST_KEPT = 400
LONGEST = 512
_PARAMETER = re.compile(r"[^a-z0-9]")
# Parameters that name something. `value` and the like never do.
_NAMES = re.compile(
    r"(?:ids?|arns?|names?|identifiers?|urls?|arnlist)$|^(?:bucket|cluster|function|resource|service|table|topic|queue|user|role|group)$"
)
_SECRET = re.compile(
    r"password|passwd|passphrase|secret(?!id)|token|credential|privatekey|plaintext|userdata|authorization"
)
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"  # CloudTrail, in place of a value; also asterisks
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.0+)?")


def parameter(name: str) -> str:
    """`dBInstanceIdentifier` and `db_instance_identifier` are the same."""
    return _PARAMETER.sub("", name.lower())


def mark_of(value: Any) -> str:
    """Equal for equal values: 16 bits, which say whether two are equal and cannot be turned back into one.

    Its first letter is the kind of value. Empty for what has no mark: null, lists, objects, and what CloudTrail hides.
    """
    if isinstance(value, bool):
        return f"b{value}".lower()
    if isinstance(value, float):
        value = str(int(value) if value.is_integer() else value)
    elif isinstance(value, int):
        value = str(value)
    if not isinstance(value, str) or not value:
        return ""
    text = value.strip()
    if text.startswith(_HIDDEN) or not text.strip("*"):
        return ""
    if text.lower() in {"true", "false"}:
        return f"b{text}".lower()
    if _NUMBER.fullmatch(text):
        kind, text = "n", text.partition(".")[0]
    else:
        kind = "s"
    return kind + hashlib.sha256(text.encode(errors="replace")).hexdigest()[:4]


def names_in(tree: Any) -> tuple[tuple[str, str], ...]:
    """What it names, by parameter."""
    named = {
        (key, name): None
        for key, value in _leaves(tree)
        if isinstance(value, str)
        and 0 < len(value) <= LONGEST
        and _NAMES.search(key)
        and not _SECRET.search(key)
        and (name := _name(value))
    }
    return tuple(named)[:MOST_KEPT]


def _name(value: str) -> str:
    """A URL without its login, query and fragment, which may be secrets; empty if it is none that can be read."""
    if "://" not in value:
        return whole(value)
    try:
        url = urlsplit(value)
    except ValueError:
        return ""
    return whole(url._replace(netloc=url.netloc.rpartition("@")[2], query="", fragment="").geturl())


def settings_in(tree: Any) -> tuple[tuple[str, str], ...]:
    """Every parameter with the mark of its value."""
    marked = {(key, "" if _SECRET.search(key) else mark_of(value)): None for key, value in _leaves(tree)}
    return tuple(marked)[:MOST_KEPT]


def _leaves(tree: Any) -> Iterator[tuple[str, Any]]:
    """Breadth first, within bounds. An object is a leaf without value too: its name says what is set."""
    waiting: deque[tuple[str, Any]] = deque([("", tree)])
    for _ in range(MOST):
        if not waiting:
            return
        key, value = waiting.popleft()
        if isinstance(value, Mapping):
            waiting.extend(_inside(key, value))
        elif isinstance(value, list):
            waiting.extend((key, inner) for inner in value)
        if key:
            yield key, value


# Objects that say what they set as the value of one of their keys: tags, SNS and RDS, patches of API Gateway.
_PAIRS = (
    ("key", "value"),
    ("attributename", "attributevalue"),
    ("parametername", "parametervalue"),
    ("path", "value"),
)


def _inside(key: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    known = {parameter(str(name)): inner for name, inner in value.items()}
    if {"value"} == known.keys():
        yield key, known["value"]  # EC2 wraps attributes so
        return
    yield from known.items()
    for name, content in _PAIRS:
        if name in known and content in known and isinstance(known[name], str):
            yield parameter(known[name].rpartition("/")[2]), known[content]
