"""What many tests begin with, done once by each process that tests: the others get the installation as it was then."""

import shutil
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from world import World

T = TypeVar("T")


@dataclass(frozen=True)
class Begun:
    root: Path  # the same for each test, since records and lock files have paths
    copy: Path
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
        shutil.rmtree(begun.root, ignore_errors=True)
        shutil.copytree(begun.copy, begun.root, symlinks=True)
        world = World.found(begun.root)
        world.clock.shift = begun.shift
        return world, begun.result

    def _begin(self, begin: Callable[[World], object], *, providers: bool, config: str) -> Begun:
        number = len(self.begun)
        root, copy = self.folder / str(number), self.folder / f"{number}.copy"
        root.mkdir()
        world = World(root, config, providers=providers)
        result = begin(world)
        world.leave()
        root.rename(copy)
        return Begun(root, copy, world.clock.shift, result)
