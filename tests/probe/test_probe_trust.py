"""`drift trust` in an installation: what was promised is what the next checks do, by real terraform."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from probing_service import Beginnings, ProbedWorld, beginnings, needs_terraform

from runner.cli.invocation import Cli
from runner.cli.main import main
from runner.model.run.life import State
from runner.model.warm.provider import Way

__all__ = ("beginnings",)
pytestmark = needs_terraform

NAME = "driftline/cloudfile 1.0.0"


@pytest.fixture
def world(beginnings: Beginnings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProbedWorld]:
    """Of `web` and `api`, compared, the provider has lied in `web`, and was mended."""
    with beginnings.lent(lie_and_mend, ProbedWorld) as world:
        monkeypatch.setenv("FAULTS", str(world.orders))
        world.compare_every(50)
        yield world


def lie_and_mend(world: ProbedWorld) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAULTS", str(world.orders))
        for name in ("web", "api"):
            world.applied(name)
            world.check(name)
        world.compare_every(1)
        world.cloud_set(value="by hand")
        world.order("lie")
        assert world.check().state is State.DRIFTED
        assert distrusted(world)
        (world.orders / "lie").unlink()
        world.cloud_set(value="one")


def distrusted(world: ProbedWorld) -> frozenset[str]:
    with world.app.store.reading() as reader:
        return reader.distrusted()


def driftline(world: ProbedWorld, *words: str) -> Result:
    cli = Cli()
    cli.__dict__["app"] = world.app
    return CliRunner().invoke(main, ["-c", str(world.config), *words], obj=cli)


def kept(world: ProbedWorld) -> list[Path]:
    cache = world.root / "data" / "probe" / "cache"
    return [*cache.glob("schema-*"), *cache.glob("validation-*")]


def test_each_stack_is_compared_afresh_before_it_is_probed_again(
    world: ProbedWorld,
) -> None:
    assert kept(world)
    shown = driftline(world, "drift", "trust", NAME, "-m", "upgraded")
    assert (shown.exit_code, distrusted(world), kept(world)) == (0, frozenset(), []), shown.output
    ways = []
    for _ in range(2):
        for name in ("web", "api"):
            assert world.check(name).state is State.NO_CHANGES
            ways.append(world.record(name).way)
    assert ways == [Way.COMPARED, Way.COMPARED, Way.PROBED, Way.PROBED]


def test_where_the_caches_cannot_be_removed_it_stays_distrusted(
    world: ProbedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(checksum: str) -> None:
        raise PermissionError(13, "Permission denied", checksum)

    monkeypatch.setattr(world.app.engine, "forget_provider", refuse)
    before = [world.record(name) for name in ("web", "api")]
    shown = driftline(world, "drift", "trust", NAME, "-m", "upgraded")
    assert shown.exit_code == 1
    assert "Permission denied" in shown.stderr
    assert distrusted(world)
    assert [world.record(name) for name in ("web", "api")] == before
