"""The values that a run passes to the root module's variables, in the order in which engines take them."""

from collections.abc import Mapping
from dataclasses import field

from runner.model.constant.budget import Budget
from runner.model.constant.evaluate import evaluate
from runner.model.constant.expression import Expression, Refused, Value, Written, Wrong
from runner.model.constant.text import normal
from runner.model.constant.types import converted, same, scalar
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Text:
    """The value of an environment variable: a text, or for most types an expression."""

    text: str = field(repr=False)
    expression: Expression = field(repr=False)


@dataclass(frozen=True)
class Hidden:
    """A value that only a run knows; `why` says where it comes from."""

    why: str


@dataclass(frozen=True)
class ValuesFile:
    """A var file; `flaw` says why it cannot be read."""

    file: str
    values: Mapping[str, Written] = field(default_factory=dict)
    flaw: str = ""


@dataclass(frozen=True)
class Given:
    """`files` in the engine's order, of which the last counts; the environment counts before all of them."""

    environment: Mapping[str, Text | Hidden] = field(default_factory=dict)
    files: tuple[ValuesFile, ...] = ()

    def has(self, name: str) -> bool:
        return name in self.environment or any(one.flaw or name in one.values for one in self.files)

    def value(self, name: str, declared: Expression | None, budget: Budget) -> Value:
        """As given, which must need no conversion."""
        value = self._raw(name, declared, budget)
        if not same(converted(value, declared), value):
            raise Refused("it has another type than the one that is declared")
        return value

    def _raw(self, name: str, declared: Expression | None, budget: Budget) -> Value:
        for file in reversed(self.files):
            if file.flaw:
                raise Refused(f"{file.file} cannot be read: {file.flaw}")
            if name in file.values:
                return _literal(file.values[name].expression, budget)
        given = self.environment[name]
        if isinstance(given, Hidden):
            raise Refused(given.why)
        if scalar(declared):
            budget.text(len(given.text))
            return normal(given.text)
        return _literal(given.expression, budget)


def _literal(expression: Expression, budget: Budget) -> Value:
    """In var files there are neither names nor functions."""
    try:
        return evaluate(expression, _no_name, budget)
    except Wrong as error:
        raise Refused(str(error)) from None


def _no_name(name: str) -> Value:
    raise Refused(f"it refers to {name}")
