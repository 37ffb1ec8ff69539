"""A recording is valid for what it was made of: each part of it, changed alone, makes the next check a probe."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from probing_service import ReplayedWorld, needs_terraform
from replayed_world import CANARY, REPLAYED, beginnings, recorded

from runner.engine.command import CommandLineEngine
from runner.engine.json_output import JsonOutput
from runner.engine.session import Session
from runner.engine.warm import replay
from runner.engine.warm.providers import EXCHANGED, installed_providers
from runner.engine.warm.recording import FILES
from runner.model.settings.context import Context
from runner.model.stack.definition import StackDefinition
from runner.model.warm.provider import Way
from runner.model.warm.replay import PARTS, UNEVEN, Counts
from runner.ports.engine import Execution, Fallback, Planned
from runner.probe.installed import Installed

__all__ = ("beginnings", "recorded")
pytestmark = needs_terraform

Change = Callable[[ReplayedWorld, pytest.MonkeyPatch], None]
Meant = Callable[[Execution, str], tuple[Execution, str]]


def meaning(changed: Meant) -> Change:
    """The next replay is one of something else."""

    def change(_: ReplayedWorld, patch: pytest.MonkeyPatch) -> None:
        asked = CommandLineEngine.replay

        def other(self: CommandLineEngine, execution: Execution, inputs: str) -> Planned | Fallback | object:
            return asked(self, *changed(execution, inputs))

        patch.setattr(CommandLineEngine, "replay", other)

    return change


def defined(execution: Execution, **changes: object) -> Execution:
    stack: StackDefinition = replace(execution.stack, **changes)  # type: ignore[arg-type]
    return replace(execution, stack=stack)


def exchanged(_: ReplayedWorld, patch: pytest.MonkeyPatch) -> None:

    def other(session: Session) -> tuple[Installed, ...] | Fallback:
        found = installed_providers(session)
        assert not isinstance(found, Fallback)
        return tuple(replace(one, checksum="h1:of another package") for one in found)

    patch.setattr(replay, "installed_providers", other)


def state(world: ReplayedWorld, _: pytest.MonkeyPatch) -> None:
    path = world.app.workspaces.state_file("web", "default")
    path.write_text(path.read_text() + " ")


def context(world: ReplayedWorld, _: pytest.MonkeyPatch) -> None:
    """Only applies get what it gives."""
    given = Context("login", env={"LOGIN": "one"}, for_=("apply",))
    world.configure(replace(world.settings, contexts=(given,)))


CHANGES: dict[str, tuple[Change, ...]] = {
    "form": (
        lambda _, patch: patch.setattr("runner.engine.warm.parts.FORM", 99),
        lambda _, patch: patch.setattr("runner.engine.warm.parts.__version__", "99.0"),
    ),
    "code": (meaning(lambda execution, inputs: (execution, f"{inputs}, and another commit")),),
    "inputs": (
        meaning(lambda execution, inputs: (replace(execution, targets=("cloudfile_object.web",)), inputs)),
        meaning(lambda execution, inputs: (replace(execution, destroy=True), inputs)),
        meaning(lambda execution, inputs: (defined(execution, parallelism=3), inputs)),
    ),
    "environment": (lambda _, patch: patch.setenv("TF_VAR_token", f"not {CANARY}"),),
    "contexts": (context,),
    "engine": (lambda _, patch: patch.setattr("runner.engine.warm.parts.binary_digest", lambda *_: "other"),),
    "providers": (exchanged,),
    "state": (state,),
}
EACH = [
    pytest.param(part, change, id=f"{part}-{number}")
    for part, changes in CHANGES.items()
    for number, change in enumerate(changes)
]


def test_each_part_is_changed_here() -> None:
    assert set(CHANGES) == set(PARTS)


@pytest.mark.parametrize(("part", "change"), EACH)
def test_a_changed_part_makes_the_check_a_probe_that_says_so(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch, part: str, change: Change
) -> None:
    with monkeypatch.context() as patch:
        change(recorded, patch)
        assert recorded.clean() == (Way.PROBED, f"not replayed: {PARTS[part]}")


def test_after_it_the_check_is_recorded_as_it_is_now(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    state(recorded, monkeypatch)
    assert recorded.clean()[0] is Way.PROBED
    assert recorded.clean() == REPLAYED


def test_a_check_whose_reads_the_proxies_did_not_all_see_is_not_recorded(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    state(recorded, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(JsonOutput, "reads", Counts(2, 1))
        assert recorded.clean() == (Way.PROBED, f"not replayed: {UNEVEN.format(2, 1, 1, 1)}")
    assert recorded.clean() == (Way.PROBED, f"not replayed: {PARTS['state']}")
    assert recorded.clean() == REPLAYED


def test_what_changes_while_a_check_is_recorded_keeps_it_from_being_recorded(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    state(recorded, monkeypatch)
    probed = CommandLineEngine.probe

    def meanwhile(self: CommandLineEngine, *given: Any, **more: Any) -> Any:
        answer = probed(self, *given, **more)
        state(recorded, monkeypatch)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(CommandLineEngine, "probe", meanwhile)
        assert recorded.clean() == (Way.PROBED, f"not replayed: {PARTS['state']} during the check")
    assert recorded.clean() == (Way.PROBED, f"not replayed: {PARTS['state']}")


def test_a_package_that_is_exchanged_while_it_is_asked_does_not_count(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        seen = []

        def second_look(session: Session) -> tuple[Installed, ...] | Fallback:
            seen.append(session)
            found = installed_providers(session)
            return found if len(seen) == 1 else Fallback("it has another checksum")

        patch.setattr(replay, "installed_providers", second_look)
        assert recorded.clean() == (Way.PROBED, f"not replayed: {EXCHANGED}")


def test_files_of_contexts_keep_a_check_from_being_recorded(recorded: ReplayedWorld) -> None:
    """Their paths are values of variables, and have the number of the run in them."""
    recorded.configure(replace(recorded.settings, contexts=(Context("login", files={"login": "one"}),)))
    assert [recorded.clean() for _ in range(2)] == [(Way.PROBED, f"not replayed: {FILES}")] * 2
