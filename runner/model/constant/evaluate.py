"""Evaluate an expression as Terraform and OpenTofu do, or refuse it: no value is ever guessed."""

from collections.abc import Callable
from decimal import Decimal

from runner.model.constant.budget import Budget
from runner.model.constant.expression import (
    Call,
    Condition,
    Entries,
    Expression,
    Items,
    Literal,
    Name,
    Operation,
    Part,
    Refused,
    Template,
    Unread,
    Value,
    Wrong,
    below,
)
from runner.model.constant.functions import FUNCTIONS, called
from runner.model.constant.text import kind_of, normal, text_of

Look = Callable[[str], Value]  # the value of a name; Refused if it has none
TRY = "try"
NULL = Literal(None)
_COMPARED: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def evaluate(expression: Expression, look: Look, budget: Budget) -> Value:
    """Refused or Wrong if it has no value that is certain.

    Engines resolve all names first, whether the value depends on them or not: a `try` hides none that is missing.
    """
    for one in below(expression):
        budget.spend()
        if isinstance(one, Name):
            look(one.text)
        elif isinstance(one, Unread):
            raise Refused(one.reason)
        elif isinstance(one, Call) and one.function != TRY and one.function not in FUNCTIONS:
            raise Refused(f"{one.function}() is not among the functions that Driftline evaluates there")
    try:
        return _Evaluation(look, budget).value(expression)
    except RecursionError:
        raise Refused("it is nested too deeply") from None


class _Evaluation:
    def __init__(self, look: Look, budget: Budget) -> None:
        self._look, self._budget = look, budget

    def value(self, expression: Expression) -> Value:
        self._budget.spend()
        match expression:
            case Literal() | Name() | Unread():
                return self._leaf(expression)
            case Condition() | Operation() | Call():
                return self._decided(expression)
            case _:
                return self._composed(expression)

    def _leaf(self, expression: Literal | Name | Unread) -> Value:
        match expression:
            case Literal(value):
                return normal(value) if isinstance(value, str) else value
            case Name(name):
                return self._look(name)
            case Unread(reason):
                raise Refused(reason)

    def _composed(self, expression: Part | Template | Items | Entries) -> Value:
        match expression:
            case Part(of, key):
                return _part(self.value(of), self.value(key))
            case Template(parts):
                return self._template(parts)
            case Items(items):
                return self._budget.items([self.value(item) for item in items])
            case Entries(entries):
                return self._budget.items({normal(key): self.value(part) for key, part in entries})

    def _decided(self, expression: Condition | Operation | Call) -> Value:
        match expression:
            case Condition():
                return self._condition(expression)
            case Operation(operator, operands):
                return self._operation(operator, operands)
            case Call(function, arguments):
                return self._call(function, arguments)

    def _template(self, parts: tuple[Expression, ...]) -> Value:
        made: list[str] = []
        for part in parts:
            made.append(text_of(self.value(part)))
            self._budget.text(sum(map(len, made)))
        return normal("".join(made))

    def _condition(self, condition: Condition) -> Value:
        """Both branches have a value in the end of one type, also if only the other one fails."""
        chosen, other = condition.then, condition.otherwise
        if not _truth(self.value(condition.asked)):
            chosen, other = other, chosen
        try:
            besides = self.value(other)
        except Wrong:
            return _of_any_type(self.value(chosen))
        if other == NULL:
            return self.value(chosen)  # a literal null takes the type of anything
        return _of_one_type(self.value(chosen), besides)

    def _operation(self, operator: str, operands: tuple[Expression, ...]) -> Value:
        match operator:
            case "!":
                return not _truth(self.value(operands[0]))
            case "-":
                return _number(self.value(operands[0])).copy_negate()
            case "&&" | "||":
                return self._both(operator, operands)
        one, other = (self.value(operand) for operand in operands)
        if operator in _COMPARED:
            return _COMPARED[operator](_number(one), _number(other))
        return _equal(one, other) is (operator == "==")

    def _both(self, operator: str, operands: tuple[Expression, ...]) -> bool:
        """Newer engines leave out the right side where the left one decides, so neither may fail."""
        left = _truth(self.value(operands[0]))
        try:
            right = _truth(self.value(operands[1]))
        except Wrong as error:
            raise Refused(f"the right side of {operator} fails: {error}") from None
        return left and right if operator == "&&" else left or right

    def _call(self, function: str, arguments: tuple[Expression, ...]) -> Value:
        if function != TRY:
            return called(self._budget, function, [self.value(argument) for argument in arguments])
        for argument in arguments:
            try:
                return self.value(argument)
            except Wrong:
                continue
        raise Wrong("no argument of try has a value")


def _part(value: Value, key: Value) -> Value:
    match value, key:
        case None, _:
            raise Wrong("null has no attributes and no elements")
        case dict(), str():
            if key in value:
                return value[key]
            raise Wrong("it has no such attribute")
        case list(), Decimal() if key == key.to_integral_value():
            if 0 <= key < len(value):
                return value[int(key)]
            raise Wrong("it has no such element")
        case str() | bool() | Decimal(), _:
            raise Wrong(f"a {kind_of(value)} has no attributes and no elements")
        case _:
            raise Refused(f"a {kind_of(value)} with a {kind_of(key)} as its index is not evaluated")


def _truth(value: Value) -> bool:
    if value is None:
        raise Wrong("null is neither true nor false")
    if not isinstance(value, bool):
        raise Refused(f"a {kind_of(value)} as a condition is not evaluated")
    return value


def _number(value: Value) -> Decimal:
    if value is None:
        raise Wrong("null is no number")
    if not isinstance(value, Decimal):
        raise Refused(f"a {kind_of(value)} as a number is not evaluated")
    return value


def _equal(one: Value, other: Value) -> bool:
    """Values of different types are never equal. Lists and maps may differ in types that are not followed here."""
    kinds = {kind_of(one), kind_of(other)}
    if kinds & {"list", "map"} and "null" not in kinds:
        raise Refused("lists and maps are not compared")
    return len(kinds) == 1 and bool(one == other)


def _of_one_type(chosen: Value, other: Value) -> Value:
    """The null of a value has no type, or that of a text."""
    kinds = kind_of(chosen), kind_of(other)
    if set(kinds) <= {"null", "string"} or (kinds[0] == kinds[1] and kinds[0] not in {"list", "map"}):
        return chosen
    if "string" in kinds and not set(kinds) & {"null", "list", "map"}:
        return text_of(chosen)
    if kinds[0] == kinds[1] and all(map(_of_texts, (chosen, other))):
        return chosen
    raise Refused(f"a condition with a {kinds[0]} and a {kinds[1]} is not evaluated")


def _of_any_type(chosen: Value) -> Value:
    """Beside a branch that fails: `"${...}"` is a text even then, and makes the other one a text."""
    if kind_of(chosen) not in {"null", "string"}:
        raise Refused(f"a condition with a {kind_of(chosen)} and what fails is not evaluated")
    return chosen


def _of_texts(value: Value) -> bool:
    return all(isinstance(part, str) for part in (value.values() if isinstance(value, dict) else value))
