"""What many tests begin with, done once by each process that tests: the others get the installation as it was then."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from put_back import PutBack
from world import World

T = TypeVar("T")


@dataclass(frozen=True)
class Begun:
    installation: PutBack
    shift: timedelta
    result: Any


@dataclass
class Beginnings:
    folder: Path
    begun: dict[Hashable, Begun] = field(default_factory=dict)

    def world(
        self, begin: Callable[[World], T], *, providers: bool = True, config: str = ""
    ) -> tuple[World, T]:
        """A world in which this was done, and what it returned."""
        key = (begin, providers, config)
        if key not in self.begun:
            self.begun[key] = self._begin(begin, providers=providers, config=config)
        begun = self.begun[key]
        world = World.found(begun.installation.again())
        world.clock.shift = begun.shift
        return world, begun.result

    def _begin(self, begin: Callable[[World], object], *, providers: bool, config: str) -> Begun:
        root = self.folder / str(len(self.begun))
        root.mkdir()
        world = World(root, config, providers=providers)
        result = begin(world)
        world.leave()
        return Begun(PutBack.kept(root), world.clock.shift, result)
