"""Whatever is planned, warm providers plan what plain ones do: tried with configurations that are made up."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import Phase, event, given, note, settings
from made_up import Configuration
from made_up_choice import configurations
from made_up_world import MadeUpWorld, offering_stage
from plan_difference import difference
from probing_world import needs_terraform
from repetitions import examples

from runner.model.plan.form import form_of
from runner.ports.engine import EngineError, Fallback, Planned, Probed

pytestmark = needs_terraform
PARTS = 6
EACH = int(os.environ.get("DRIFTLINE_CONFIGURATIONS", examples(50, few=3)))
PHASES = (Phase.generate,)  # to shrink a configuration would take minutes
FAILING = 0.5  # of the plans, at most; about one in four does, most by `prevent_destroy`
DEPOSED_KEY = re.compile(r"deposed [0-9a-f]{8}")
# A start that this machine refused under load; such a plan is made plainly, and says nothing of warm ones.
NOT_STARTED = "could not be started"
NOT_STARTED_AT_MOST = 2


@dataclass
class World(MadeUpWorld):
    compared: int = 0
    failed: int = 0
    not_started: int = 0

    def warm(self, made: Configuration) -> Probed | Fallback:
        """As a first plan is made: with the types of the code, and with all only if one is in the state alone."""
        self.stage.ready()
        answer = self.stage.probe({})
        if isinstance(answer, Fallback) and answer.lacks:
            assert made.types_before() - made.types(), answer.reason
            event("a type is in the state alone")
            answer = self.stage.probe(None)
        assert not isinstance(answer, EngineError), answer
        return answer

    def document(self, planned: Planned) -> dict[str, Any]:
        """As the plan showed it; of a plan without changes, which is never shown, as terraform does."""
        if not planned.changed:
            return self.stage.shown(planned)
        shown = planned if planned.show is None else planned.show(None)
        assert isinstance(shown, Planned), shown
        assert isinstance(shown.document, dict)
        return shown.document


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with offering_stage(tmp_path_factory.mktemp("made-up")) as stage:
        made = World(stage)
        yield made
    assert made.not_started <= NOT_STARTED_AT_MOST
    assert made.failed <= FAILING * (made.failed + made.compared)


def parts_of(summary: str) -> list[str]:
    """Terraform lists the members of a cycle in another order each time, and makes up a key for what it is about to depose."""
    return sorted(DEPOSED_KEY.sub("deposed", summary).removeprefix("Cycle: ").split(", "))


@pytest.mark.repeats
@pytest.mark.parametrize("part", range(PARTS))
@settings(max_examples=EACH, phases=PHASES)
@given(made=configurations())
def test_a_warm_plan_of_anything_says_what_a_plain_plan_says(
    world: World, part: int, made: Configuration
) -> None:
    """Each part has examples of its own, since its name chooses them."""
    note("\n".join(made.files().values()))
    world.set_up(made)
    warm = world.warm(made)
    shown = {} if isinstance(warm, Fallback) else world.document(warm.planned)
    plain = world.stage.engine.plan(world.stage.execution())
    if isinstance(warm, Fallback):
        if NOT_STARTED in warm.reason:
            world.not_started += 1
            event("a provider did not start")
            return
        # Nothing else but a plan that fails, for the same reason.
        assert isinstance(plain, EngineError), warm.reason
        assert parts_of(warm.reason) in [parts_of(one.summary) for one in plain.diagnostics]
        event("it fails")
        world.failed += 1
        return
    assert isinstance(plain, Planned), plain.diagnostics
    assert warm.planned.changed == plain.changed
    document = world.document(plain)
    assert difference(document, shown) == []
    assert form_of(document) == form_of(shown)
    world.compared += 1
