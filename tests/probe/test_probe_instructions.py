"""Probe instructions for workers: for checks, and for commits that affect many stacks, never for a person's request."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from runner.model.drift.probe import ProbeRecord, Probing
from runner.model.run.life import Kind, Run, Trigger
from runner.model.settings.server import DriftSettings, Settings
from runner.model.stack.definition import DriftRules, StackDefinition
from runner.service.outcome.probe import TRIAGE_FROM, probing

KNOWN = ProbeRecord(mark="m", trusted="t", checks=3)
RUN = {
    "stack": "web",
    "source": "infra",
    "revision": "a" * 40,
    "inputs": "code",
    "targets": (),
    "report": None,
}
PUSHED = {**RUN, "kind": Kind.CHANGE, "trigger": Trigger.PUSH}
MANY = TRIAGE_FROM


@dataclass
class Reader:
    """What is stored of one stack, and how many a commit has moved."""

    moved: int
    applied: str | None = None

    def stack(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(applied_inputs=self.applied)

    def probe(self, stack: str) -> ProbeRecord:
        return KNOWN

    def distrusted(self) -> frozenset[str]:
        return frozenset({"h1:bad"})

    def moved_by(self, source: str, revision: str) -> int:
        return self.moved


def instructions(
    run: Mapping[str, Any],
    moved: int = 1,
    stack: str = "auto",
    server: str = "auto",
    applied: str | None = None,
) -> Probing | None:
    definition = StackDefinition("web", drift=DriftRules(probe=cast("Any", stack)))
    settings = Settings(Path("/data"), drift=DriftSettings(probe=cast("Any", server), compare_every=7))
    reader = cast("Any", Reader(moved, applied))
    return probing(reader, cast("Run", SimpleNamespace(**run)), definition.drift, settings)


@pytest.mark.parametrize(
    ("run", "moved", "triage"),
    [
        pytest.param({**RUN, "kind": Kind.DRIFT, "trigger": Trigger.MANUAL}, MANY, False, id="check"),
        pytest.param(PUSHED, MANY, True, id="one-of-many"),
        pytest.param(PUSHED, MANY - 1, None, id="one-of-few"),
        pytest.param({**PUSHED, "trigger": Trigger.MANUAL}, MANY, None, id="asked-for-by-a-person"),
        pytest.param({**PUSHED, "trigger": Trigger.REPLAN}, MANY, None, id="planned-again"),
        pytest.param({**PUSHED, "kind": Kind.DESTROY}, MANY, None, id="destroy"),
        pytest.param({**PUSHED, "targets": ("a.b",)}, MANY, None, id="of-targets"),
        pytest.param({**PUSHED, "report": 1}, MANY, None, id="heals"),
    ],
)
def test_checks_and_commits_of_many_stacks_may_be_probed(
    run: Mapping[str, Any], moved: int, *, triage: bool | None
) -> None:
    if triage is None:
        assert instructions(run, moved) is None
    else:
        expected = Probing(KNOWN, 7, triage=triage, inputs="code", distrusted=frozenset({"h1:bad"}))
        assert instructions(run, moved) == expected


@pytest.mark.parametrize(("stack", "server"), [("never", "auto"), ("auto", "never")])
def test_stack_and_server_can_each_switch_it_off(stack: str, server: str) -> None:
    answer = instructions({**RUN, "kind": Kind.DRIFT, "trigger": Trigger.MANUAL}, 1, stack, server)
    assert answer is not None
    assert not answer.allowed


@pytest.mark.parametrize(
    ("applied", "probed"), [("known@before", True), ("other@before", False), (None, False)]
)
def test_a_commit_that_may_not_concern_the_stack_at_all_may_be_probed(
    applied: str | None, *, probed: bool
) -> None:
    """Where not all of its inputs are known, and those that are known are the applied ones."""
    assert (instructions({**PUSHED, "inputs": "known@now"}, applied=applied) is not None) == probed
