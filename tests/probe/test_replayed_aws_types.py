"""On AWS a replay notices what a full plan notices, and over many types nothing where nothing has changed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from asked_again import AskedAgain, asking_again, of_mode
from aws_types import CHANGED, TYPES, UNCHANGED, actions_of, types_of
from by_hand import change_by_hand
from kept_answers import KEEP, keep
from probe_case import Case, Document
from probe_lab import PARALLEL, Lab, Stack, copy_code, make_plan, plan_document, terraform
from probing_world import Stage, needs_terraform

from runner.artifact.seal import Seal
from runner.engine.command import CommandLineEngine
from runner.model.settings.server import EnginesSettings, ExecutorSettings, Settings
from runner.ports.engine import Execution, Fallback, Planned, Probed

pytestmark = [needs_terraform, pytest.mark.aws]
FEW = Case("few", TYPES.region, (UNCHANGED, CHANGED))
GIVEN = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "GOGC")  # to runs, by the operator
KINDS = {"managed": "resource", "data": "data"}
KEY = b"k" * 32
INPUTS = "of the code"
CHANGED_BY_HAND = 30  # types, at least


@dataclass
class Checked:
    """An applied stack, as an installation checks it."""

    stack: Stack
    stage: Stage

    def execution(self) -> Execution:
        return replace(self.stage.execution(), key=KEY, check=True)

    def record(self) -> bytes:
        """Check it by a probe: what is kept of that."""
        self.stage.ready()
        probed = self.stage.engine.probe(self.execution(), None, 0.0, INPUTS)
        assert isinstance(probed, Probed), probed
        assert not probed.planned.changed
        assert probed.keep is not None
        assert probed.keep() == ""
        assert self.stage.engine.replays is not None
        content = self.stage.engine.replays.recordings.get(self.stage.name)
        assert content is not None
        return content

    def replay(self) -> Planned | Fallback:
        answer = self.stage.engine.replay(self.execution(), INPUTS)
        assert isinstance(answer, Planned | Fallback), answer
        return answer


@contextmanager
def checked(lab: Lab, case: Case, folder: Path) -> Iterator[Checked]:
    stack = lab.bring_up(case)
    settings = Settings(
        folder / "data",
        engines=EnginesSettings(plugin_mirror=lab.cli_config.parent, env=GIVEN),
        executor=ExecutorSettings(visible=(folder / "outside",)),
    )
    engine = CommandLineEngine(
        settings, {**os.environ, **stack.environment}, seal=Seal(lambda: KEY, lambda: (KEY,))
    )
    stage = Stage(folder, lab.cli_config.parent, name=case.name, shared=engine)
    copy_code(case, stage.tree / stage.name)
    state = stage.execution().workspace.state
    assert state is not None
    state.write_bytes(stack.applied)
    yield Checked(stack, stage)
    assert stage.engine.replays is not None
    stage.engine.replays.shared.close()
    stage.engine.prober.close()


def change_everything(stack: Stack) -> None:
    """As somebody does who has the same code with another variable, and a state of their own."""
    elsewhere = stack.folder.with_name(f"{stack.folder.name}-elsewhere")
    shutil.rmtree(elsewhere, ignore_errors=True)
    shutil.copytree(stack.folder, elsewhere, symlinks=True)
    copy_code(stack.case, elsewhere, CHANGED.code)
    terraform(elsewhere, stack.environment, "apply", "-auto-approve", "-input=false", "-no-color", PARALLEL)


@dataclass(frozen=True)
class Seen:
    """What a full plan says, by type."""

    planned: frozenset[str]
    values: dict[tuple[str, str, str], Any]

    def moved(self, before: "Seen", mode: str) -> frozenset[str]:
        """Those of which terraform read something else than before; data may only be read by an apply now."""
        both = self.values.keys() & before.values.keys()
        return frozenset(
            name
            for kind, name, address in both
            if kind == mode and before.values[kind, name, address] != self.values[kind, name, address]
        )

    def gone(self, before: "Seen") -> frozenset[str]:
        return frozenset(
            name for kind, name, _ in before.values.keys() - self.values.keys() if kind == "resource"
        )


def seen(stack: Stack) -> Seen:
    make_plan(stack)
    document = plan_document(stack)
    return Seen(frozenset(actions_of(document)), values_of(document))


def values_of(document: Document) -> dict[tuple[str, str, str], Any]:
    resources = document["prior_state"]["values"]["root_module"]["resources"]
    return {(KINDS[one["mode"]], one["type"], one["address"]): one["values"] for one in resources}


@contextmanager
def nothing_differs(lab: Lab, case: Case, folder: Path) -> Iterator[tuple[Checked, AskedAgain]]:
    """A recorded stack, which is replayed and whose every answer is the recorded one."""
    with checked(lab, case, folder) as one:
        content = one.record()
        for _ in range(2):
            assert isinstance(one.replay(), Planned)
        with asking_again(one.stack, content) as asking:
            assert asking.others() == ()
            yield one, asking


def test_a_replay_notices_what_a_full_plan_notices(lab: Lab, tmp_path: Path) -> None:
    with nothing_differs(lab, FEW, tmp_path) as (one, asking):
        before = seen(one.stack)
        change_everything(one.stack)
        now, others = seen(one.stack), asking.others()
        found = now.moved(before, "resource") | now.gone(before)
        assert found == now.planned == of_mode("resource", others) == asking.types("resource")
        assert now.moved(before, "data") <= of_mode("data", others)
        answer = one.replay()
        assert isinstance(answer, Fallback)
        assert answer.differs


@pytest.mark.thorough(of="test_a_replay_notices_what_a_full_plan_notices")
def test_no_answer_of_any_type_differs_until_somebody_changes_an_object_by_hand(
    lab: Lab, tmp_path: Path
) -> None:
    with nothing_differs(lab, TYPES, tmp_path) as (one, asking):
        assert asking.types("resource") == types_of("resource")
        assert asking.types("data") == types_of("data")
        if KEEP:
            keep(asking.answers())
        before = seen(one.stack)
        change_by_hand(one.stack)
        now, others = seen(one.stack), asking.others()
        found = now.planned | now.moved(before, "resource") | now.gone(before)
        assert len(found) >= CHANGED_BY_HAND
        assert found <= of_mode("resource", others)
        assert now.moved(before, "data") <= of_mode("data", others)
        assert isinstance(one.replay(), Fallback)
