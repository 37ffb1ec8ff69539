from collections.abc import Iterator
from pathlib import Path

import pytest
from beginnings import Beginnings, beginnings, plain_applied, planned, with_provider
from needed import terraform_for
from recovering_world import Begun, begin_apply
from world import World

__all__ = ("beginnings", "plain_applied", "planned")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    terraform_for(items, __file__)


@pytest.fixture
def fresh(tmp_path: Path) -> World:
    """With the test provider, whose cloud is a file that a test may change."""
    return World(tmp_path, providers=True)


@pytest.fixture
def world(fresh: World) -> World:
    """What the tests of a file begin with: nothing, unless the file says otherwise."""
    return fresh


@pytest.fixture
def plain(tmp_path: Path) -> World:
    """Only terraform's built-in terraform_data: a plan takes 50 ms."""
    return World(tmp_path)


@pytest.fixture
def applied(beginnings: Beginnings) -> Iterator[World]:
    """With one object of the test provider, which is applied as the code says."""
    with beginnings.lent(World.applied, with_provider) as world:
        yield world


@pytest.fixture
def dead(beginnings: Beginnings) -> Iterator[Begun]:
    """An apply whose process died before it did anything."""
    world, run = beginnings.world(begin_apply, World)
    yield Begun(world, run)
    world.leave()
