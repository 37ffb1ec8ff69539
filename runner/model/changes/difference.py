"""The differences between `before` and `after` of one change, path by path, raw: they still contain secrets."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from runner.model.changes.mask import Mark, holds_unknown, join, mark_of, read_mark, unknown_of
from runner.model.values.frozen import dataclass

Path = tuple[str | int, ...]

# Longer lists take too long to align; they are paired by index.
_MAX_ALIGNED = 1_000
_NO_STEPS: Sequence[tuple[str, int, int, int, int]] = ()

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Difference:
    """`unknown` is terraform's `after_unknown` from this path on: True if all of it is known only after apply."""

    path: Path
    before: Any
    after: Any
    unknown: Any
    mark: Mark
    mark_only: bool = False  # the value stays the same; only its sensitivity changes

    @property
    def consequence(self) -> bool:
        """Known after apply: as far as anyone can tell now, it follows from other changes."""
        return self.unknown is True

    @property
    def phantom(self) -> bool:
        """Only a difference between null and empty, which providers invent."""
        return self.mark_only or (
            is_empty(self.before) and is_empty(self.after) and not holds_unknown(self.unknown)
        )


def is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def differences(change: Mapping[str, Any]) -> Iterator[Difference]:
    """The differences in a `change` object of a plan's JSON, as deep as is useful to read."""
    before, after = change.get("before"), change.get("after")
    marks = [read_mark(change.get(side)) for side in ("before_sensitive", "after_sensitive")]
    yield from _walk((), before, after, change.get("after_unknown"), join(marks))
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _mark_changes(before, after, *marks)


def _mark_changes(
    before: dict[str, Any], after: dict[str, Any], old: Mark, new: Mark
) -> Iterator[Difference]:
    for key, value in before.items():
        if value is None or key not in after or not same(value, after[key]):
            continue
        if mark_of(old, key) != mark_of(new, key):
            yield Difference((key,), value, value, None, True, mark_only=True)


def _walk(path: Path, before: Any, after: Any, unknown: Any, mark: Mark) -> Iterator[Difference]:
    if same(before, after) and not holds_unknown(unknown):
        return
    if unknown is True or mark is True:
        yield Difference(path, before, after, unknown, mark)
    elif _both(dict, before, after, unknown):
        for key in sorted({**(before or {}), **(after or {}), **(unknown or {})}):
            yield from _walk(
                (*path, key),
                (before or {}).get(key),
                (after or {}).get(key),
                unknown_of(unknown, key),
                mark_of(mark, key),
            )
    elif _both(list, before, after, unknown):
        for index, old, new, part in _aligned(before or [], after or [], unknown):
            yield from _walk((*path, index), old, new, part, mark_of(mark, index))
    else:
        yield Difference(path, before, after, unknown, mark)


def _both(kind: type[dict[str, Any]] | type[list[Any]], before: Any, after: Any, unknown: Any) -> bool:
    """Whether both sides are of this kind (or absent) and one of them has elements."""
    shaped = all(side is None or isinstance(side, kind) for side in (before, after, unknown or None))
    return shaped and bool(before or after or holds_unknown(unknown))


def _aligned(before: list[Any], after: list[Any], unknown: Any) -> Iterator[tuple[int, Any, Any, Any]]:
    """Pair the elements so that an added or removed one is one difference, also among the blocks of a set.

    Removed elements keep their old index, all others have the new one.
    """
    old_texts = list(map(_essence_text, before))
    new_texts = [
        f"unknown {i}" if holds_unknown(unknown_of(unknown, i)) else _essence_text(part)
        for i, part in enumerate(after)
    ]
    small = len(before) + len(after) <= _MAX_ALIGNED and old_texts != new_texts
    steps = _steps(old_texts, new_texts) if small else _NO_STEPS
    for tag, old_start, old_end, new_start, new_end in steps or [("all", 0, len(before), 0, len(after))]:
        if tag == "equal":
            continue
        for i, (old, new) in enumerate(zip_longest(before[old_start:old_end], after[new_start:new_end])):
            index = new_start + i if new_start + i < new_end else old_start + i
            yield index, old, new, unknown_of(unknown, index) if new_start + i < new_end else None


def _steps(before: list[str], after: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    from difflib import SequenceMatcher  # only lists that changed are aligned

    return SequenceMatcher(None, before, after, autojunk=False).get_opcodes()


def _essence_text(value: Any) -> str:
    return json.dumps(_essence(value), sort_keys=True, default=str)


def _essence(value: Any) -> Any:
    """Without null and empty parts: providers write either for the same block."""
    if isinstance(value, dict):
        return {key: _essence(part) for key, part in value.items() if not is_empty(part)}
    return [_essence(part) for part in value] if isinstance(value, list) else value


def same(one: Any, other: Any) -> bool:
    """Equality of JSON values: `1` is not `true`, unlike in Python."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def path_text(path: Path) -> str:
    """`tags.env`, `rule[0].port`, `tags["a.b"]`."""
    return "".join(map(_step, path)).removeprefix(".")


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _WORD.fullmatch(key) else f"[{json.dumps(key, ensure_ascii=False)}]"
