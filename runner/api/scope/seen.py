"""What a caller may see: a stack, and whatever belongs to one."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TypeVar

from runner.errors import RunNotFound, StackNotFound
from runner.model.run.life import Run
from runner.model.stack.definition import Stack
from runner.model.values.frozen import dataclass
from runner.ports.records.store import Reader

T = TypeVar("T")
PAGE = 200  # records that are read at a time, where some may be left out


@dataclass(frozen=True)
class Seen:
    whole: Reader
    visible: Callable[[str], bool]

    def unscoped(self) -> Reader:
        return self.whole

    def sees(self, stack: str) -> bool:
        return self.visible(stack)

    def sees_source(self, source: str) -> bool:
        return source in self._sources

    @cached_property
    def _sources(self) -> frozenset[str]:
        return frozenset(stack.source for stack in self.stacks(left=True))

    def _only(self, found: Iterable[T], stack_of: Callable[[T], str]) -> list[T]:
        return [one for one in found if self.sees(stack_of(one))]

    def _keyed(self, found: Mapping[str, T]) -> dict[str, T]:
        return {name: value for name, value in found.items() if self.sees(name)}

    def stack(self, name: str) -> Stack:
        if not self.sees(name):
            raise StackNotFound(stack=name)
        return self.whole.stack(name)

    def stacks(self, *, left: bool = False) -> list[Stack]:
        return self._only(self.whole.stacks(left=left), lambda stack: stack.name)

    def run(self, run_id: int) -> Run:
        run = self.whole.run(run_id)
        if not self.sees(run.stack):
            raise RunNotFound(run=f"run-{run_id}")
        return run
