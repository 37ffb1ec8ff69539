"""`drift trust` in an installation: what was promised is what the next checks do, by real terraform."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from probing_service import ProbedWorld, needs_terraform

from runner.cli.main import main
from runner.cli.options import Cli
from runner.model.drift.probe import Way
from runner.model.run.life import State

pytestmark = needs_terraform

NAME = "driftline/cloudfile 1.0.0"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProbedWorld]:
    """Of `web` and `api`, compared, the provider has lied in `web`, and was mended."""
    made = ProbedWorld(tmp_path)
    monkeypatch.setenv("FAULTS", str(made.orders))
    for name in ("web", "api"):
        made.applied(name)
        made.check(name)
    made.compare_every(1)
    made.cloud_set(value="by hand")
    made.order("lie")
    assert made.check().state is State.DRIFTED
    assert distrusted(made)
    (made.orders / "lie").unlink()
    made.cloud_set(value="one")
    made.compare_every(50)
    yield made
    made.app.engine.prober.close()  # type: ignore[attr-defined]


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
