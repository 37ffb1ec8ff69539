"""The functions that may stand in a module source, a version or a backend, with the results that engines give.

Where engines or their versions differ, or a result depends on types that are not followed here, it is refused.
https://github.com/zclconf/go-cty/tree/main/cty/function/stdlib
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from runner.model.constant.budget import Budget
from runner.model.constant.expression import Refused, Value, Wrong
from runner.model.constant.text import kind_of, normal, number_text, text_of

Function = Callable[[Budget, Sequence[Value]], Value]
_VERB = re.compile(r"%(.?)", re.DOTALL)


def called(budget: Budget, name: str, arguments: Sequence[Value]) -> Value:
    least, most, function = FUNCTIONS[name]
    if len(arguments) < least or (most is not None and len(arguments) > most):
        raise Wrong(f"{name} has {len(arguments)} arguments")
    return function(budget, arguments)


def _text(budget: Budget, made: str) -> str:
    budget.text(len(made))
    return normal(made)


def _texts(arguments: Sequence[Value]) -> list[str]:
    return [text_of(one) for one in arguments]


def _format(budget: Budget, arguments: Sequence[Value]) -> str:
    """%s, %d and %v without flags."""
    form, left = text_of(arguments[0]), list(arguments[1:])
    made: list[str] = []
    position = 0
    for verb in _VERB.finditer(form):
        made += [form[position : verb.start()], _formatted(verb[1], left)]
        position = verb.end()
        budget.text(sum(map(len, made)))
    if left:
        raise Wrong("format has more arguments than verbs")
    return _text(budget, "".join((*made, form[position:])))


def _formatted(verb: str, left: list[Value]) -> str:
    if verb == "%":
        return "%"
    if verb not in {"s", "d", "v"}:
        raise Refused(f"format with %{verb} is not evaluated")
    if not left:
        raise Wrong("format has fewer arguments than verbs")
    value = left.pop(0)
    if kind_of(value) in {"null", "list", "map"}:
        raise Refused(f"format of a {kind_of(value)} is not evaluated")
    if verb == "v" and isinstance(value, Decimal) and value and not -4 <= value.adjusted() < 6:
        raise Refused("format with %v is not evaluated for a number that it writes with an exponent")
    if verb != "d":
        return text_of(value)
    if not isinstance(value, Decimal) or value != value.to_integral_value():
        raise Refused("format with %d is evaluated for whole numbers only")
    return number_text(value)


def _join(budget: Budget, arguments: Sequence[Value]) -> str:
    between, lists = text_of(arguments[0]), arguments[1:]
    if any(not isinstance(one, list) for one in lists):
        raise Refused("join is evaluated for lists only")
    parts = [text_of(part) for one in lists for part in one]
    budget.text(sum(map(len, parts)) + len(between) * max(len(parts) - 1, 0))
    return normal(between.join(parts))


def _replace(budget: Budget, arguments: Sequence[Value]) -> str:
    text, old, new = _texts(arguments)
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        raise Refused("replace with a regular expression is not evaluated")
    budget.text(len(text) + text.count(old) * max(len(new) - len(old), 0))
    return normal(text.replace(old, new))


def _lower(budget: Budget, arguments: Sequence[Value]) -> str:
    return _text(budget, _ascii(arguments[0]).lower())


def _upper(budget: Budget, arguments: Sequence[Value]) -> str:
    return _text(budget, _ascii(arguments[0]).upper())


def _ascii(value: Value) -> str:
    text = text_of(value)
    if not text.isascii():
        raise Refused("lower and upper are evaluated for ASCII only")
    return text


def _trimprefix(budget: Budget, arguments: Sequence[Value]) -> str:
    text, prefix = _texts(arguments)
    return _text(budget, text.removeprefix(prefix))


def _startswith(budget: Budget, arguments: Sequence[Value]) -> bool:
    text, prefix = _texts(arguments)
    budget.spend()
    return text.startswith(prefix)


def _split(budget: Budget, arguments: Sequence[Value]) -> list[str]:
    between, text = _texts(arguments)
    budget.spend(1 + len(text))
    found: list[str] = budget.items([normal(part) for part in (text.split(between) if between else text)])
    return found


def _element(budget: Budget, arguments: Sequence[Value]) -> Value:
    items, index = arguments
    if not isinstance(items, list) or not isinstance(index, Decimal) or index != index.to_integral_value():
        raise Refused("element is evaluated for a list and a whole number only")
    if not items:
        raise Wrong("element of an empty list")
    if index < 0:
        raise Refused("element with a negative index means different things to different engines")
    budget.spend()
    return items[int(index) % len(items)]


def _lookup(budget: Budget, arguments: Sequence[Value]) -> Value:
    """The engine converts the values of a map and the default to one type; only texts need no conversion."""
    among, key = arguments[0], text_of(arguments[1])
    if not isinstance(among, dict):
        raise Refused("lookup is evaluated for maps only")
    budget.spend()
    if len(arguments) > 2 and any(not isinstance(one, str) for one in (*among.values(), arguments[2])):
        raise Refused("lookup with a default is evaluated for maps of texts only")
    if key in among:
        return among[key]
    if len(arguments) < 3:
        raise Wrong("lookup finds no such key, and has no default")
    return arguments[2]


def _coalesce(budget: Budget, arguments: Sequence[Value]) -> str:
    budget.spend(len(arguments))
    if any(kind_of(one) not in {"null", "string"} for one in arguments):
        raise Refused("coalesce is evaluated for texts only")
    for one in arguments:
        if isinstance(one, str) and one:
            return one
    raise Wrong("coalesce has no argument that is neither null nor empty")


def _merge(budget: Budget, arguments: Sequence[Value]) -> dict[str, Value]:
    if any(kind_of(one) not in {"null", "map"} for one in arguments):
        raise Refused("merge is evaluated for maps only")
    if all(one is None for one in arguments):
        raise Refused("merge of nothing but null is not evaluated")
    merged: dict[str, Value] = {}
    for one in arguments:
        merged.update(one or {})
        budget.items(merged)
    return merged


def _tostring(budget: Budget, arguments: Sequence[Value]) -> str | None:
    budget.spend()
    return None if arguments[0] is None else _text(budget, text_of(arguments[0]))


# The least and the greatest number of arguments of each. `try` is not among them: its arguments may fail.
FUNCTIONS: Mapping[str, tuple[int, int | None, Function]] = {
    "coalesce": (1, None, _coalesce),
    "element": (2, 2, _element),
    "format": (1, None, _format),
    "join": (2, None, _join),
    "lookup": (2, 3, _lookup),
    "lower": (1, 1, _lower),
    "merge": (1, None, _merge),
    "replace": (3, 3, _replace),
    "split": (2, 2, _split),
    "startswith": (2, 2, _startswith),
    "tostring": (1, 1, _tostring),
    "trimprefix": (2, 2, _trimprefix),
    "upper": (1, 1, _upper),
}
