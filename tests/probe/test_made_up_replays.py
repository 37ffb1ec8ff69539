"""Whatever is checked and then changed: no replay says that a made-up configuration is clean where a full plan finds something."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import Phase, event, given, note, settings
from made_up import Configuration
from made_up_choice import SETTLING
from made_up_moments import MOMENTS, Moment
from made_up_world import MadeUpWorld, offering_stage
from probing_world import needs_terraform
from repetitions import examples

from runner.artifact.seal import Seal
from runner.ports.engine import EngineError, Execution, Fallback, Planned, Probed

pytestmark = needs_terraform
PARTS = 5
EACH = int(os.environ.get("DRIFTLINE_CONFIGURATIONS", examples(40, few=3)))
PHASES = (Phase.generate,)
KEY = b"k" * 32
RECORDED = 0.4  # of the configurations, at least: they can be applied, and are clean then


@dataclass
class World(MadeUpWorld):
    tried: int = 0
    recorded: int = 0
    clean: int = 0  # replays of moments
    other: int = 0

    def execution(self) -> Execution:
        return replace(self.stage.execution(), key=KEY, check=True)

    @property
    def inputs(self) -> str:
        """As a revision and what was read from it."""
        files = sorted(path for path in self.code.rglob("*") if path.is_file())
        return hashlib.sha256(
            b"".join(b"%b\0%b\0" % (str(path).encode(), path.read_bytes()) for path in files)
        ).hexdigest()

    def record(self) -> str:
        """Apply what is left to do, check it by a probe, and keep its calls; why that cannot be."""
        self.stage.ready()
        probed = self._probed()
        if isinstance(probed, Probed) and probed.planned.changed:
            self._apply()
            probed = self._probed()
        if not isinstance(probed, Probed):
            return "its check failed"
        if probed.planned.changed or probed.keep is None:
            return "it is not clean after its apply"
        return probed.keep()

    def _probed(self) -> Probed | Fallback | EngineError:
        return self.stage.engine.probe(self.execution(), None, 0.0, self.inputs)

    def _apply(self) -> None:
        planned = self.plan()
        if isinstance(planned, Planned):
            execution = replace(self.execution(), for_apply=True, check=False)
            self.stage.engine.apply(execution, planned.plan_file, f"{self.stage.run:064x}")

    def replay(self) -> Planned | Fallback:
        ready = self.stage.engine.probe_ready(self.execution())
        if isinstance(ready, EngineError):
            return Fallback("it cannot be initialised")
        answer = self.stage.engine.replay(self.execution(), self.inputs)
        assert isinstance(answer, Planned | Fallback), answer
        return answer

    def plan(self) -> Planned | EngineError:
        return self.stage.engine.plan(self.execution())


def said(planned: Planned) -> tuple[list[str], list[str]]:
    """Besides that nothing changes."""
    warnings = [f"{one.summary}: {one.detail}" for one in (*planned.diagnostics, *planned.warnings)]
    return sorted(planned.drifted_addresses), sorted(warnings)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with offering_stage(tmp_path_factory.mktemp("replays"), seal=Seal(lambda: KEY, lambda: (KEY,))) as stage:
        made = World(stage)
        yield made
    # What is never recorded, or never differs, shows nothing.
    assert made.recorded >= RECORDED * made.tried
    assert made.clean
    assert made.other


@pytest.mark.repeats
@pytest.mark.parametrize("part", range(PARTS))
@settings(max_examples=EACH, phases=PHASES)
@given(made=SETTLING, moments=MOMENTS)
def test_no_replay_is_clean_where_a_plain_plan_finds_something(
    world: World, part: int, made: Configuration, moments: list[Moment]
) -> None:
    note("\n".join(made.files().values()))
    world.set_up(made)
    world.tried += 1
    if why := world.record():
        event(why)
        return
    world.recorded += 1
    replayed = world.replay()
    assert isinstance(replayed, Planned), replayed
    for moment in moments:
        with moment.of(world):
            answer = world.replay()
            if isinstance(answer, Fallback):
                event(answer.reason)
                world.other += 1
                continue
            plain = world.plan()
            assert isinstance(plain, Planned), moment
            assert not plain.changed, moment
            assert said(plain) == said(answer), moment
            world.clean += 1
