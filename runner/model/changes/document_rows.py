"""The rows of a text to compare: its lines, or the parts of the JSON or YAML document in it."""

import json
from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple

from runner.model.changes.common_lines import common_lines
from runner.model.changes.difference import Path
from runner.model.changes.yaml_text import Scalar, YamlText, read_yaml
from runner.model.values.regex import regex

_OPENS = ("{", "[")
_COMMENT = regex(r"(?:^|\s)#.*")
_BREAKS = regex("[\r\x85\u2028\u2029]")


class Row(NamedTuple):
    """`same_as` is equal for rows with the same meaning in the same place; `where` is the part around it."""

    text: str
    same_as: Hashable
    where: Path = ()


def line_rows(text: str) -> list[Row]:
    return [Row(line, line) for line in text.split("\n")]


def json_rows(text: str) -> list[Row] | None:
    """One row per part; None if it is no JSON container, or if parsing would hide a part."""
    if not text.lstrip().startswith(_OPENS):
        return None
    try:
        return value_rows(json.loads(text, object_pairs_hook=_unique, parse_float=Scalar, parse_int=Scalar))
    except (ValueError, RecursionError):
        return None


def value_rows(value: Any) -> list[Row]:
    """The keys of a map in terraform's order, which is by code point."""
    return list(_parts(value, (), "", ""))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key appears twice")
    return dict(pairs)


def _parts(value: Any, path: Path, lead: str, tail: str) -> Iterator[Row]:
    if not isinstance(value, dict | list) or not value:
        text = value if isinstance(value, Scalar) else json.dumps(value, ensure_ascii=False)
        yield _row(f"{lead}{text}", path, tail)
        return
    named = isinstance(value, dict)
    inside = [(key, value[key]) for key in sorted(value)] if named else list(enumerate(value))
    opens, closes = "{}" if named else "[]"
    yield _row(f"{lead}{opens}", path, "")
    for number, (key, part) in enumerate(inside, 1):
        name = f"{json.dumps(key, ensure_ascii=False)}: " if named else ""
        yield from _parts(part, (*path, key), name, "," if number < len(inside) else "")
    yield _row(closes, path, tail)


def _row(text: str, path: Path, tail: str) -> Row:
    # A comma only says that more follows, and an index depends on what was added before.
    where = path[:-1]
    place = tuple(step if isinstance(step, str) else "" for step in where)
    return Row(f"{'  ' * len(path)}{text}{tail}", (place, text), where)


def yaml_rows(old: str, new: str) -> tuple[list[Row], list[Row]] | None:
    """Both texts as parts, or as lines with their positions; None unless both are YAML documents.

    Parts if they show the change in fewer rows: a different key order or indentation has no meaning.
    """
    read = [read_yaml(text) for text in (old, new)]
    if read[0] is None or read[1] is None:
        return None
    lines = (_placed(old, read[0]), _placed(new, read[1]))
    # A comment can mean something to its reader, as `#cloud-config` does, and parts omit it.
    if not (read[0].exact and read[1].exact) or _comments(old, read[0]) != _comments(new, read[1]):
        return lines
    # For readers a stream of documents is not a list, and a line may end at something other than a line feed.
    if read[0].documents != read[1].documents or _BREAKS.search(old) or _BREAKS.search(new):
        return lines
    parts = (value_rows(read[0].value), value_rows(read[1].value))
    return parts if _changed(*parts) < _changed(*lines) else lines


def _comments(text: str, read: YamlText) -> list[tuple[str, Path]]:
    """Each comment with the part it belongs to: moved elsewhere it may disable another part."""
    lines = enumerate(text.split("\n"))
    return [(found[0], read.at(number)) for number, line in lines if (found := _COMMENT.search(line))]


def _placed(text: str, read: YamlText) -> list[Row]:
    return [Row(line, line, read.where(number)) for number, line in enumerate(text.split("\n"))]


def _changed(old: list[Row], new: list[Row]) -> int:
    return (
        len(old)
        + len(new)
        - 2 * len(common_lines([row.same_as for row in old], [row.same_as for row in new]))
    )
