"""Names of stacks that a caller may not see, taken out of what they are told.

A stack that they do see may wait for one that they do not: the fact is right and stays, the name does not.
"""

import re
from collections.abc import Collection
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from runner.errors import DriftlineError
from runner.ports.records.store import Reader

T = TypeVar("T")
SOMEONE = "another stack"

# What terraform says of a stack that they see is shown as it is: a person approves it.
CONTENT = frozenset(
    {
        "runner.view.changes",
        "runner.view.attribute",
        "runner.view.log",
        "runner.model.changes.changes",
        "runner.model.drift.report",
    }
)


class Veil:
    """Replaces these names, each where it stands as a whole name."""

    def __init__(self, names: Collection[str]) -> None:
        longest_first = sorted(names, key=len, reverse=True)
        any_name = "|".join(map(re.escape, longest_first))
        self._name = re.compile(rf"(?<![\w./-])(?:{any_name})(?![\w/-]|\.\w)") if names else None

    @classmethod
    def of(cls, reader: Reader) -> "Veil":
        """Over every stack that is on record, or that a source declares."""
        whole = reader.unscoped()
        names = {stack.name for stack in whole.stacks(left=True)}
        names |= {name for status in whole.sources() for name, _ in status.newcomers}
        return cls([name for name in names if not reader.sees(name)])

    def over(self, value: T) -> T:
        """The same, without the names."""
        return value if self._name is None else self._over(value)

    def over_error(self, error: DriftlineError) -> DriftlineError:
        error.message = self.over(error.message)
        error.hint = self.over(error.hint)
        error.facts = self.over(error.facts)
        return error

    def _over(self, value: Any) -> Any:
        match value:
            case str() if type(value) is str:
                assert self._name is not None
                return self._name.sub(SOMEONE, value)
            case tuple() if type(value) is tuple:
                return tuple(map(self._over, value))
            case list():
                return list(map(self._over, value))
            case dict():
                return {self._over(key): self._over(one) for key, one in value.items()}
            case _ if is_dataclass(value) and not isinstance(value, type):
                return self._over_fields(value)
        return value

    def _over_fields(self, value: Any) -> Any:
        if type(value).__module__ in CONTENT:
            return value
        changed = {
            one.name: new
            for one in fields(value)
            if one.init and (new := self._over(old := getattr(value, one.name))) is not old and new != old
        }
        return replace(value, **changed) if changed else value
