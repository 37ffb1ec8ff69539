"""What many tests begin with, done once by each process that tests: the others get the installation as it was then."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest
from put_back import PutBack
from world import DATA, World

T = TypeVar("T")
W = TypeVar("W", bound=World)


def with_provider(root: Path) -> World:
    return World(root, providers=True)


@dataclass(frozen=True)
class Begun(Generic[W]):
    installation: PutBack
    kind: type[W]
    shift: timedelta
    result: Any


@dataclass
class Beginnings:
    folder: Path
    begun: dict[Hashable, Begun[Any]] = field(default_factory=dict)

    def world(self, begin: Callable[[W], T], make: Callable[[Path], W]) -> tuple[W, T]:
        """A world in which this was done, and what it returned. Its settings are those of its file."""
        key = (begin, make)
        if key not in self.begun:
            self.begun[key] = self._begin(begin, make)
        begun = self.begun[key]
        world = begun.kind.found(begun.installation.again())
        world.clock.shift = begun.shift
        return world, begun.result

    @contextmanager
    def lent(self, begin: Callable[[W], object], make: Callable[[Path], W]) -> Iterator[W]:
        """The world, for one test."""
        world, _ = self.world(begin, make)
        yield world
        world.leave()

    def _begin(self, begin: Callable[[W], object], make: Callable[[Path], W]) -> Begun[W]:
        root = self.folder / str(len(self.begun))
        root.mkdir()
        world = make(root)
        result = begin(world)
        world.leave()
        return Begun(PutBack.kept(root), type(world), world.clock.shift, result)


@pytest.fixture(scope="session")
def beginnings(tmp_path_factory: pytest.TempPathFactory) -> Beginnings:
    return Beginnings(tmp_path_factory.mktemp("begun"))


def plan_data(world: World) -> None:
    world.push(body=DATA)


def apply_data(world: World) -> None:
    world.applied(body=DATA)


@pytest.fixture
def planned(beginnings: Beginnings) -> Iterator[World]:
    """With a plan of one terraform_data that waits for approval."""
    with beginnings.lent(plan_data, World) as world:
        yield world


@pytest.fixture
def plain_applied(beginnings: Beginnings) -> Iterator[World]:
    """With one terraform_data that is applied as the code says."""
    with beginnings.lent(apply_data, World) as world:
        yield world
