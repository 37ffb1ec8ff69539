"""Whether code and a plan mean the same value: engines convert between texts, numbers and booleans."""

import json
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from runner.model.accept.change import Forbidden, Undecided
from runner.model.accept.code import At
from runner.model.accept.follow import constant, resolved
from runner.model.accept.syntax import Constant, Entries, Items
from runner.model.changes.difference import is_empty


def alike(one: Any, other: Any) -> bool:
    if is_empty(one) and is_empty(other):
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return all(alike(one.get(key), other.get(key)) for key in {*one, *other})
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        return False
    return bool(scalar(one) == scalar(other))


def scalar(value: Any) -> Any:
    """As the engine converts it to text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.15g}"
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        return f"{number:.15g}" if value[:1] in "-0123456789" and len(value) <= 15 else value
    return value


def document(text: Any) -> Any:
    """What a text says as JSON, if it is an object or a list."""
    if not isinstance(text, str) or text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def consistent(at: At, value: Any) -> bool:
    """Whether the code can mean this value: what is written out in it does."""
    try:
        found = resolved(at)
    except (Undecided, Forbidden):
        return True
    match found.node:
        case Constant(value=written):
            return alike(written, value) or (
                document(written) is not None and alike(document(written), document(value))
            )
        case Entries(entries=entries):
            if isinstance(value, list) and len(value) == 1:  # a block, in JSON
                return consistent(found, value[0])
            return isinstance(value, dict) and all(
                consistent(found.moved(one.node), value.get(one.key)) for one in entries
            )
        case Items(items=items):
            return isinstance(value, list) and matched([found.moved(one) for one in items], value) is not None
        case _:
            return True


def matched(code: Sequence[At], values: Sequence[Any]) -> list[int] | None:
    """Of each value, which of the expressions stands for it: in order, or as in a set. None if that is not certain."""
    if len(code) != len(values):
        return None
    if all(map(consistent, code, values)):
        return list(range(len(values)))
    left = list(range(len(code)))
    found: list[int] = []
    for value in values:
        fitting = [at for at in left if consistent(code[at], value)]
        if not fitting or (len(fitting) > 1 and not _equal(code, fitting)):
            return None
        left.remove(fitting[0])
        found.append(fitting[0])
    return found


def _equal(code: Sequence[At], which: Sequence[int]) -> bool:
    try:
        first, *others = (constant(code[one]) for one in which)
    except (Undecided, Forbidden):
        return False
    return all(alike(first, other) for other in others)


def paired(old: Sequence[Any], new: Sequence[Any], *, ordered: bool) -> list[tuple[int | None, int | None]]:
    """Which element became which: indexes of both sides. What is in a set is paired however it was sorted."""
    olds, news = ([json.dumps(one, sort_keys=True, default=str) for one in side] for side in (old, new))
    gone: list[int] = []
    came: list[int] = []
    pairs: list[tuple[int | None, int | None]] = []
    steps = SequenceMatcher(None, olds, news, autojunk=False).get_opcodes()
    for tag, start, end, new_start, new_end in steps:
        if tag == "equal":
            continue
        both = min(end - start, new_end - new_start)
        pairs += zip(range(start, start + both), range(new_start, new_start + both), strict=True)
        gone += range(start + both, end)
        came += range(new_start + both, new_end)
    if not ordered:
        both = min(len(gone), len(came))
        pairs += zip(gone[:both], came[:both], strict=True)
        gone, came = gone[both:], came[both:]
    return [*pairs, *((one, None) for one in gone), *((None, one) for one in came)]
