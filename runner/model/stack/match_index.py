"""Which of many rules may match a stack, found without asking each: ten thousand stacks meet fifty rules."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Self

from runner.model.stack.definition import StackDefinition
from runner.model.stack.match import StackMatch
from runner.model.values.paths import WILD


class MatchIndex:
    """Rules by a label that they require, by the first part of the names that they select, and all others."""

    def __init__(self) -> None:
        self._by_label: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._by_first: dict[str, list[int]] = defaultdict(list)
        self._others: list[int] = []

    @classmethod
    def of(cls, matches: Iterable[StackMatch]) -> Self:
        index, known = cls(), list(matches)
        usage = Counter(item for match in known for item in match.labels.items())
        for at, match in enumerate(known):
            index._add(at, match, usage)
        return index

    def _add(self, at: int, match: StackMatch, usage: Mapping[tuple[str, str], int]) -> None:
        plain = [item for item in match.labels.items() if not WILD.search(item[1])]
        label = min(plain, key=lambda item: usage[item], default=None)  # env=prod tells few stacks apart
        firsts = {pattern.strip("/").split("/")[0] for pattern in match.stacks}
        if label is not None:
            self._by_label[label].append(at)
        elif firsts and not any(WILD.search(first) or first in {"", "."} for first in firsts):
            for first in firsts:
                self._by_first[first].append(at)
        else:
            self._others.append(at)

    def candidates(self, stacks: Iterable[StackDefinition]) -> list[int]:
        """The positions of the rules that may match one of these definitions, in order; no other can."""
        found = list(self._others)
        for stack in stacks:
            found += self._by_first.get(stack.name.partition("/")[0], ())
            for item in stack.labels.items():
                found += self._by_label.get(item, ())
        return sorted(set(found))
