"""Windows of the operator: when applies of some stacks may start."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from runner.model.stack.definition import STRICT, StackDefinition
from runner.model.stack.match import EVERY_STACK, StackMatch, reaches
from runner.model.stack.match_index import MatchIndex
from runner.model.values.frozen import dataclass
from runner.model.window.closed import Reaching


@dataclass(frozen=True)
class WindowRule:
    """`allow` are times of a week, `freeze` dates, as `runner.model.window.grammar` reads them."""

    __pydantic_config__: ClassVar[Any] = STRICT
    match: StackMatch = EVERY_STACK
    allow: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()
    reason: str = ""


class WindowRules:
    """Finds the rules that match a stack."""

    def __init__(self, rules: Sequence[WindowRule] = ()) -> None:
        self._index = MatchIndex.of(rule.match for rule in rules)
        self._rules = [(rule.match, _reaching(number, rule)) for number, rule in enumerate(rules, 1)]

    def reaching(self, definition: StackDefinition, source: str) -> Iterator[Reaching]:
        """Those that match it, in the order of the configuration."""
        for at in self._index.candidates((definition,)):
            match, rule = self._rules[at]
            if reaches(match, definition, source):
                yield rule


def _reaching(number: int, rule: WindowRule) -> Reaching:
    return Reaching(f"rule {number} of windows", rule.allow, rule.freeze, rule.reason)


NO_WINDOWS = WindowRules()
