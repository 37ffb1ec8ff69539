"""A provider answers a replay with something else than was recorded: the check is made with terraform, whatever it is."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from probing_service import ReplayedWorld, needs_terraform
from replayed_world import REPLAYED, beginnings, recorded
from tampered import tampered

from runner.model.warm.provider import Way
from runner.probe.replay.link import Link

__all__ = ("beginnings", "recorded")
pytestmark = needs_terraform

Answer = Callable[[str, bytes], bytes]
OBJECT, LOOKUP = "resource cloudfile_object", "data cloudfile_lookup"
WAYS = {
    "UpgradeResourceState": (".etag changed", ".tags unknown", "no value", "warning added"),
    "ReadResource": (
        ".value changed", ".value null", ".value unknown", ".value removed", ".secret unknown", ".tags unknown", "gone",
        "no value", "private data", "warning added", "error added", "put off", "cut off", "a field that nobody knows",
    ),
    "PlanResourceChange": (
        ".value changed", "has to be replaced", "private data", "another type system", "warning added", "error added",
        "put off",
    ),
    "ReadDataSource": (".value changed", ".value null", "gone", "warning added", "error added", "put off"),
    "ConfigureProvider": ("warning added", "error added"),
}  # fmt: skip
EACH = [(call, way) for call, ways in WAYS.items() for way in ways]


def answering(patch: pytest.MonkeyPatch, changed: Answer) -> None:
    """Between the provider and the replay."""
    asked = Link.answers

    def answers(self: Link, calls: Sequence[tuple[str, bytes]]) -> Iterator[tuple[int, bytes]]:
        for number, answer in asked(self, calls):
            yield number, changed(calls[number][0], answer)

    patch.setattr(Link, "answers", answers)


@pytest.mark.repeats
@pytest.mark.parametrize(("call", "way"), EACH)
def test_a_check_with_another_answer_is_made_with_terraform(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch, call: str, way: str
) -> None:
    done = []

    def other(method: str, answer: bytes) -> bytes:
        if not method.endswith(f"/{call}"):
            return answer
        done.append(call)
        return dict(tampered(method, answer))[way]

    with monkeypatch.context() as patch:
        answering(patch, other)
        how, reason = recorded.clean()
    what = {"ReadDataSource": LOOKUP, "ConfigureProvider": call}.get(call, OBJECT)
    assert (how, reason) == (Way.PROBED, f"not replayed: the answer for {what} differs")
    assert done
    assert recorded.clean() == REPLAYED


def test_an_answer_that_is_another_stacks_is_not_the_recorded_one(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []

    def exchanged(method: str, answer: bytes) -> bytes:
        if not method.endswith("/ReadResource"):
            return answer
        heard.append(answer)
        return heard[0]

    answering(monkeypatch, exchanged)
    assert recorded.clean() == REPLAYED
    assert recorded.clean("other-stack") == (Way.PROBED, f"not replayed: the answer for {OBJECT} differs")
    assert len(set(heard)) == 2
