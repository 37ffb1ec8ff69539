"""No answer that somebody made another one counts as the recorded one: of a hundred types of AWS, each in every way."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any, cast

import pytest
from kept_answers import KEY, Kept, kept
from tampered import meant, shuffled, tampered

from runner.probe.installed import Installed
from runner.probe.recording import Asked, Conversation, Recorded
from runner.probe.replay.link import Link
from runner.probe.replay.process import Patience
from runner.probe.replay.replay import Differs, compare, replay

SLICES = 8
CALLS = ("UpgradeResourceState", "ReadResource", "PlanResourceChange", "ReadDataSource")
CONFIGURE = "/tfplugin5.Provider/Configure"
CONFIGURED = Kept(CONFIGURE, "", b"")


@dataclass
class Says:
    """A connection whose provider gives these answers, in this order."""

    answers_left: list[bytes]

    def answers(self, calls: Sequence[tuple[str, bytes]]) -> Iterator[tuple[int, bytes]]:
        for number, _ in enumerate(calls):
            yield number, self.answers_left.pop(0)


def is_clean(asked: Asked, answer: bytes) -> bool:
    try:
        compare(cast("Link", Says([answer])), (asked,), KEY)
    except Differs:
        return False
    return True


def of_call(call: str) -> list[Kept]:
    return [one for one in kept() if one.method.endswith(f"/{call}")]


def types(mode: str) -> set[str]:
    return {one.type for one in kept() if one.type.startswith(mode)}


def test_there_are_enough_types() -> None:
    assert len(types("resource ")) >= 100
    assert len(types("data ")) >= 40


def test_answers_are_equal_while_nothing_changes_but_the_order_of_their_maps() -> None:
    for one in kept():
        assert is_clean(one.asked, one.answer), one.type
        assert is_clean(one.asked, shuffled(one.method, one.answer)), one.type


@pytest.mark.repeats("call")
@pytest.mark.parametrize("part", range(SLICES))
@pytest.mark.parametrize("call", CALLS)
def test_no_answer_that_terraform_would_see_as_another_one_counts_as_equal(call: str, part: int) -> None:
    unseen, tried = [], Counter[str]()
    for one in of_call(call):
        asked = one.asked
        for what, answer in islice(tampered(one.method, one.answer), part, None, SLICES):
            assert meant(one.method, answer) != meant(one.method, one.answer), (one.type, what)
            tried[one.type] += 1
            if is_clean(asked, answer):
                unseen.append((one.type, what))
    assert unseen == []
    assert tried.keys() == {one.type for one in of_call(call)}


def test_no_other_answer_to_the_configuration_counts_as_equal() -> None:
    for what, answer in tampered(CONFIGURE, b""):
        assert not is_clean(CONFIGURED.asked, answer), what


@pytest.mark.parametrize("call", CALLS)
def test_no_answer_for_another_object_counts_as_equal(call: str) -> None:
    for one, other in pairwise(of_call(call)):
        same = meant(one.method, one.answer) == meant(one.method, other.answer)
        assert is_clean(one.asked, other.answer) is same, (one.type, other.type)


# ---- of a whole stack


@dataclass
class Serves:
    """The providers of a replay, which say what is given here."""

    answers: list[bytes]
    configured: bytes | None = None
    asked: list[str] = field(default_factory=list)

    @contextmanager
    def serving(self, *_: object) -> Iterator[Any]:
        yield self

    @contextmanager
    def link(self, _: Patience) -> Iterator[Any]:
        yield Says([b"", *self.answers])


PROVIDER = cast("Installed", None)
STACK = (Recorded((Conversation(CONFIGURED.asked, tuple(one.asked for one in kept())),)),)
PATIENCE = Patience(0.0, lambda: False)


def replayed(answers: list[bytes]) -> int:
    return replay((PROVIDER,), STACK, KEY, cast("Any", Serves(answers)), PATIENCE)


def test_a_stack_of_all_types_is_clean_while_nothing_changes() -> None:
    assert replayed([one.answer for one in kept()]) == 1 + len(kept())


def test_a_stack_of_all_types_is_not_clean_once_any_object_is_another_one() -> None:
    answers = [one.answer for one in kept()]
    for number, one in enumerate(kept()):
        _, other = next(islice(tampered(one.method, one.answer), 5, None))
        with pytest.raises(Differs) as differs:
            replayed([*answers[:number], other, *answers[number + 1 :]])
        assert differs.value.asked.type == one.type
