"""Names of stacks that a caller may not see, taken out of what they are told.

A stack that they do see may wait for one that they do not: the fact is right and stays, the name does not.
"""

import re
from collections.abc import Collection
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from runner.errors import DriftlineError
from runner.model.values.distinct import with_distinct_keys
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


# What a name may consist of, and what may not stand beside it.
_WORD = re.compile(r"[\w./-]+")
_FULL_STOP = re.compile(r"\.(?!\w)")


class Veil:
    """Replaces these names, each where it stands as a whole name. The time it takes does not grow with their number."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(name for name in names if _WORD.fullmatch(name))
        odd = sorted(set(names) - self._names, key=len, reverse=True)
        any_odd = "|".join(map(re.escape, odd))
        self._odd = re.compile(rf"(?<![\w./-])(?:{any_odd})(?![\w/-]|\.\w)") if odd else None

    @classmethod
    def of(cls, reader: Reader, others: Collection[str]) -> "Veil":
        """Over every stack that is on record, or that a source declares, and over `others` that the configuration names."""
        whole = reader.unscoped()
        names = {*others} | {stack.name for stack in whole.stacks(left=True)}
        names |= {name for status in whole.sources() for name, _ in status.newcomers}
        return cls([name for name in names if not reader.sees(name)])

    def over(self, value: T) -> T:
        """The same, without the names."""
        return self._over(value) if self._names or self._odd else value

    def over_error(self, error: DriftlineError) -> DriftlineError:
        error.message = self.over(error.message)
        error.hint = self.over(error.hint)
        error.facts = self.over(error.facts)
        return error

    def _over(self, value: Any) -> Any:
        match value:
            case str() if type(value) is str:
                return self._over_text(value)
            case tuple() if type(value) is tuple:
                return tuple(map(self._over, value))
            case list():
                return list(map(self._over, value))
            case dict():
                return with_distinct_keys((self._over(key), self._over(one)) for key, one in value.items())
            case _ if is_dataclass(value) and not isinstance(value, type):
                return self._over_fields(value)
        return value

    def _over_text(self, text: str) -> str:
        if self._odd is not None:
            text = self._odd.sub(SOMEONE, text)
        return _WORD.sub(self._over_word, text)

    def _over_word(self, found: re.Match[str]) -> str:
        """A name is all of the word, or ends before a dot that ends a sentence."""
        word = found[0]
        for end in (len(word), *(dot.start() for dot in reversed([*_FULL_STOP.finditer(word)]))):
            if word[:end] in self._names:
                return SOMEONE + word[end:]
        return word

    def _over_fields(self, value: Any) -> Any:
        if type(value).__module__ in CONTENT:
            return value
        changed = {
            one.name: new
            for one in fields(value)
            if one.init and (new := self._over(old := getattr(value, one.name))) is not old and new != old
        }
        return replace(value, **changed) if changed else value
